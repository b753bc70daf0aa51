#include "cli/clone_standing.hpp"

#include <string_view>

namespace leat::cli {
namespace {

constexpr int trigger_parents_since = 130'000;

/// Whether a thing of a catalog is a member of an extension.
std::string in_extension(const std::string& catalog, const std::string& oid) {
  return "EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = " + oid +
         " AND d.deptype = 'e' AND d.classid = 'pg_catalog." + catalog + "'::pg_catalog.regclass)";
}

/// Whether the clone makes a thing that has no schema: the target may have others of its own.
std::string is_of_clone(const std::string& kind, const std::string& name) {
  return "EXISTS (SELECT FROM leat_meta.clone_parts p WHERE p.part = "
         "pg_catalog.replace(pg_catalog.replace('" +
         kind + " - ' || " + name + R"(, E'\n', ' '), E'\r', ' ')))";
}

/// The clone's event triggers are the first of them, and so hear of no other.
std::string quick_query(bool has_trigger_parents) {
  const std::string own_schema = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta')";
  const std::string of_table =
      " JOIN pg_catalog.pg_class c ON c.oid = x.relation "
      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE " +
      own_schema + " AND NOT " + in_extension("pg_class", "c.oid");
  return R"(
SELECT 'DROP EVENT TRIGGER ' || pg_catalog.quote_ident(evtname) FROM pg_catalog.pg_event_trigger e
WHERE NOT )" +
         in_extension("pg_event_trigger", "e.oid") + " AND " + is_of_clone("EVENT TRIGGER", "e.evtname") + R"(
UNION ALL
SELECT 'DROP PUBLICATION ' || pg_catalog.quote_ident(pubname) FROM pg_catalog.pg_publication
WHERE )" +
         is_of_clone("PUBLICATION", "pubname") + R"(
UNION ALL
SELECT pg_catalog.unnest(ARRAY['ALTER SUBSCRIPTION ' || pg_catalog.quote_ident(s.subname) || ' DISABLE',
  'ALTER SUBSCRIPTION ' || pg_catalog.quote_ident(s.subname) || ' SET (slot_name = NONE)',
  'DROP SUBSCRIPTION ' || pg_catalog.quote_ident(s.subname)])
FROM pg_catalog.pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND )" +
         is_of_clone("SUBSCRIPTION", "s.subname") + R"(
UNION ALL
SELECT 'DROP STATISTICS ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.stxname)
FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE )" +
         own_schema + " AND NOT " + in_extension("pg_statistic_ext", "s.oid") + R"(
UNION ALL
SELECT 'DROP TRIGGER ' || pg_catalog.quote_ident(x.name) || ' ON ' || c.oid::pg_catalog.regclass
FROM (SELECT tgrelid, tgname FROM pg_catalog.pg_trigger WHERE NOT tgisinternal)" +
         std::string(has_trigger_parents ? " AND tgparentid = 0" : "") + ") AS x(relation, name)" + of_table +
         R"(
UNION ALL
SELECT 'DROP RULE ' || pg_catalog.quote_ident(x.name) || ' ON ' || c.oid::pg_catalog.regclass
FROM (SELECT ev_class, rulename FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN') AS x(relation, name))" +
         of_table + R"(
UNION ALL
SELECT 'DROP POLICY ' || pg_catalog.quote_ident(x.name) || ' ON ' || c.oid::pg_catalog.regclass
FROM (SELECT polrelid, polname FROM pg_catalog.pg_policy) AS x(relation, name))" +
         of_table + R"(
UNION ALL
SELECT 'ALTER TABLE ' || c.oid::pg_catalog.regclass || ' DISABLE ROW LEVEL SECURITY'
FROM (SELECT oid FROM pg_catalog.pg_class WHERE relrowsecurity) AS x(relation))" +
         of_table + R"(
UNION ALL
SELECT 'COMMENT ON INDEX ' || x.index::pg_catalog.regclass || ' IS NULL'
FROM (SELECT indrelid, indexrelid FROM pg_catalog.pg_index
      WHERE pg_catalog.obj_description(indexrelid, 'pg_class') IS NOT NULL) AS x(relation, index))" +
         of_table + R"(
UNION ALL
SELECT 'COMMENT ON CONSTRAINT ' || pg_catalog.quote_ident(x.name) || ' ON ' || c.oid::pg_catalog.regclass ||
       ' IS NULL'
FROM (SELECT conrelid, conname FROM pg_catalog.pg_constraint WHERE contype IN ('p', 'u', 'x', 'f')
      AND pg_catalog.obj_description(oid, 'pg_constraint') IS NOT NULL) AS x(relation, name))" +
         of_table;
}

// The place in the order, the part, the SQL, the index, whether it needs that, whether it has an owner.
constexpr const char* standing_query = R"(
WITH top AS (
  SELECT i.indexrelid AS oid, i.indisvalid,
         COALESCE(pg_catalog.pg_partition_root(i.indexrelid)::pg_catalog.oid, i.indexrelid) AS root
  FROM pg_catalog.pg_index i),
undo AS (
  SELECT t.oid, t.root, t.indisvalid,
         CASE WHEN k.oid IS NULL THEN 'DROP INDEX ' || t.root::pg_catalog.regclass
              ELSE 'ALTER TABLE ' || k.conrelid::pg_catalog.regclass || ' DROP CONSTRAINT ' ||
                   pg_catalog.quote_ident(k.conname) END AS sql
  FROM top t LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = t.root AND k.contype IN ('p', 'u', 'x'))
SELECT x.place, pg_catalog.replace(pg_catalog.replace(x.part, E'\n', ' '), E'\r', ' '), x.sql, x.root,
       x.place = 1, x.place IN (3, 7) FROM (
  SELECT 1, 'FK CONSTRAINT ' || n.nspname || ' ' || c.relname || ' ' || k.conname,
         'ALTER TABLE ' || c.oid::pg_catalog.regclass || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(k.conname),
         COALESCE(pg_catalog.pg_partition_root(k.conindid)::pg_catalog.oid, k.conindid)
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype = 'f' AND k.conparentid = 0
  UNION ALL
  SELECT 2, 'MATERIALIZED VIEW DATA ' || n.nspname || ' ' || c.relname,
         'REFRESH MATERIALIZED VIEW ' || c.oid::pg_catalog.regclass || ' WITH NO DATA', NULL
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated
  UNION ALL
  SELECT 3, 'MATERIALIZED VIEW ' || n.nspname || ' ' || c.relname,
         'DROP MATERIALIZED VIEW ' || c.oid::pg_catalog.regclass, c.oid
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm'
  UNION ALL
  SELECT 4, 'CHECK CONSTRAINT ' || n.nspname || ' ' || o.name || ' ' || k.conname,
         'ALTER ' || o.kind || ' ' || o.sql || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(k.conname), NULL
  FROM pg_catalog.pg_constraint k CROSS JOIN LATERAL (
    SELECT relname, 'TABLE', oid::pg_catalog.regclass::pg_catalog.text FROM pg_catalog.pg_class WHERE oid = k.conrelid
    UNION ALL
    SELECT typname, 'DOMAIN', oid::pg_catalog.regtype::pg_catalog.text FROM pg_catalog.pg_type WHERE oid = k.contypid
  ) AS o(name, kind, sql) JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
  WHERE k.contype = 'c'
  UNION ALL
  SELECT 5, 'CONSTRAINT ' || n.nspname || ' ' || c.relname || ' ' || k.conname, u.sql, u.root
  FROM pg_catalog.pg_constraint k JOIN undo u ON u.oid = k.conindid
  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype IN ('p', 'u', 'x') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  UNION ALL
  SELECT 6, x.kind || n.nspname || ' ' || c.relname, u.sql, u.root
  FROM undo u JOIN pg_catalog.pg_class c ON c.oid = u.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  CROSS JOIN LATERAL (
    SELECT 'INDEX ' WHERE (u.indisvalid OR c.relkind = 'I') AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
    UNION ALL SELECT 'INDEX ATTACH ' WHERE c.relispartition) AS x(kind)
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  UNION ALL
  SELECT 7, CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || n.nspname || ' ' || p.proname ||
         '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')',
         CASE p.prokind WHEN 'p' THEN 'DROP PROCEDURE ' ELSE 'DROP FUNCTION ' END || p.oid::pg_catalog.regprocedure,
         NULL
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind <> 'a' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
) AS x(place, part, sql, root) ORDER BY x.place, x.root DESC, x.part)";

}  // namespace

std::vector<StandingPart> standing_parts(Connection& target, const std::stop_token& stop) {
  const Result found = target.execute(standing_query, {}, stop);
  std::vector<StandingPart> parts;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    parts.push_back({.part = std::string(found.text(i, 1)),
                     .undo = std::string(found.text(i, 2)),
                     .index = found.is_null(i, 3) ? std::string() : std::string(found.text(i, 3)),
                     .needs_index = found.boolean(i, 4),
                     .has_owner = found.boolean(i, 5)});
  }
  return parts;
}

void remove_quick_parts(Connection& target, const std::stop_token& stop) {
  const Result quick =
      target.execute(quick_query(target.server_version() >= trigger_parents_since), {}, stop);
  for (std::size_t i = 0; i < quick.rows(); ++i) {
    static_cast<void>(target.execute(std::string(quick.text(i, 0)), {}, stop));
  }
}

}  // namespace leat::cli
