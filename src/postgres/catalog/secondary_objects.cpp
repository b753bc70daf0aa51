#include "leat/postgres/catalog/detail/secondary_objects.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "leat/postgres/session/detail/qualified_names.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"

namespace leat::postgres_detail {
namespace {

// $1 the table's oid, $2 its name for SQL. A unique constraint is made from its index, so that readers wait
// for no more than a moment; one WITHOUT OVERLAPS cannot be. An index made for a constraint bears its name.
constexpr const char* secondary_index_query = R"(
SELECT CASE WHEN con.oid IS NULL THEN 'index' WHEN con.contype = 'u' THEN 'unique constraint'
            ELSE 'exclusion constraint' END,
  ic.relname,
  CASE WHEN con.oid IS NULL THEN 'DROP INDEX ' || o.name ELSE 'ALTER TABLE ONLY ' || $2 || ' DROP CONSTRAINT ' || o.own END,
  CASE WHEN con.oid IS NULL OR NOT i.indisexclusion THEN pg_catalog.pg_get_indexdef(ic.oid)
       ELSE 'ALTER TABLE ONLY ' || $2 || ' ADD CONSTRAINT ' || o.own || ' ' || pg_catalog.pg_get_constraintdef(con.oid) END,
  CASE WHEN con.contype = 'u' AND NOT i.indisexclusion THEN
         'ALTER TABLE ONLY ' || $2 || ' ADD CONSTRAINT ' || o.own || ' UNIQUE USING INDEX ' || o.own ||
         CASE WHEN con.condeferrable THEN ' DEFERRABLE' ELSE '' END ||
         CASE WHEN con.condeferred THEN ' INITIALLY DEFERRED' ELSE '' END END,
  (SELECT 'ALTER INDEX ' || o.name || ' ' || pg_catalog.string_agg('ALTER COLUMN ' || a.attnum ||
          ' SET STATISTICS ' || a.attstattarget, ', ' ORDER BY a.attnum)
   FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = ic.oid AND COALESCE(a.attstattarget, -1) >= 0 AND i.indkey[a.attnum - 1] = 0),
  'COMMENT ON INDEX ' || o.name || ' IS ' ||
    pg_catalog.quote_literal(pg_catalog.obj_description(ic.oid, 'pg_class')),
  'COMMENT ON CONSTRAINT ' || o.own || ' ON ' || $2 || ' IS ' ||
    pg_catalog.quote_literal(pg_catalog.obj_description(con.oid, 'pg_constraint')),
  CASE WHEN i.indisclustered THEN 'ALTER TABLE ONLY ' || $2 || ' CLUSTER ON ' || o.own END,
  s.spcname, NULL, 0,
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = ic.oid)
         THEN 'it is part of an index of a partitioned table'
       WHEN i.indisreplident THEN 'it is the replica identity'
       WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'it is not valid'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.conindid = ic.oid)
         THEN 'a foreign key references it'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype <> 'i' AND
              ((d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = ic.oid) OR
               (d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.refobjid = con.oid)))
         THEN 'something else depends on it'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.deptype IN ('e', 'x') AND
              d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ic.oid)
         THEN 'an extension has a claim to it'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = con.oid AND g.tgenabled <> 'O')
         THEN 'triggers of it are not enabled as usual'
       WHEN NOT pg_catalog.has_schema_privilege(ic.relnamespace, 'CREATE')
         THEN 'this role may create nothing in the schema'
       WHEN s.oid IS NOT NULL AND NOT pg_catalog.has_tablespace_privilege(s.oid, 'CREATE')
         THEN 'this role may create nothing in its tablespace'
       {kept}
       ELSE '' END
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = ic.relnamespace
LEFT JOIN pg_catalog.pg_constraint con ON con.conindid = ic.oid AND con.conrelid = i.indrelid
                                       AND con.contype IN ('u', 'x')
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = ic.reltablespace
CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(ic.relname),
                           pg_catalog.quote_ident(ic.relname)) AS o(name, own){functions}
WHERE i.indrelid = $1::pg_catalog.oid AND NOT i.indisprimary
ORDER BY ic.relname)";

// Since PostgreSQL 17 whoever makes an index runs its functions with pg_catalog alone as search_path. Those
// of its expressions, operators and operator classes that may look for something by name then find it no
// more, and nobody could make the index again: functions in SQL as text or in a procedural language, without
// a search_path of their own.
constexpr const char* kept_for_search_path = R"(
       WHEN f.name IS NOT NULL
         THEN 'its function ' || f.name || ' may need a search_path, and PostgreSQL 17 makes indexes without one')";
constexpr const char* functions_by_search_path = R"(
CROSS JOIN LATERAL (
  SELECT pg_catalog.min(p.proname::pg_catalog.text) AS name
  FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
  WHERE l.lanname NOT IN ('internal', 'c') AND p.prosqlbody IS NULL
    AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) AS c(setting) WHERE c.setting LIKE 'search_path=%')
    AND p.oid IN (
      SELECT d.refobjid FROM pg_catalog.pg_depend d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ic.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      UNION ALL
      SELECT op.oprcode FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_operator op ON op.oid = d.refobjid
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = ic.oid
        AND d.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass
      UNION ALL
      SELECT ap.amproc FROM pg_catalog.pg_opclass oc JOIN pg_catalog.pg_amproc ap ON ap.amprocfamily = oc.opcfamily
      WHERE oc.oid = ANY (i.indclass::pg_catalog.oid[]))) AS f)";

// The same columns. Keys that partitioned tables gave to their partitions have a parent.
constexpr const char* foreign_key_query = R"(
SELECT 'foreign key', con.conname,
  'ALTER TABLE ONLY ' || $2 || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(con.conname),
  'ALTER TABLE ONLY ' || $2 || ' ADD CONSTRAINT ' || pg_catalog.quote_ident(con.conname) || ' ' ||
    pg_catalog.pg_get_constraintdef(con.oid),
  NULL, NULL, NULL,
  'COMMENT ON CONSTRAINT ' || pg_catalog.quote_ident(con.conname) || ' ON ' || $2 || ' IS ' ||
    pg_catalog.quote_literal(pg_catalog.obj_description(con.oid, 'pg_constraint')),
  NULL, NULL, con.confrelid::pg_catalog.regclass::pg_catalog.text, con.confrelid,
  CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = con.oid AND g.tgenabled <> 'O')
         THEN 'triggers of it are not enabled as usual'
       WHEN NOT pg_catalog.has_schema_privilege(r.relnamespace, 'USAGE') OR
            EXISTS (SELECT FROM pg_catalog.unnest(con.confkey) AS k(attnum)
                    WHERE NOT pg_catalog.has_column_privilege(r.oid, k.attnum, 'REFERENCES'))
         THEN 'this role may not reference ' || con.confrelid::pg_catalog.regclass::pg_catalog.text
       ELSE '' END
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class r ON r.oid = con.confrelid
WHERE con.conrelid = $1::pg_catalog.oid AND con.contype = 'f' AND con.conparentid = 0
ORDER BY con.conname)";

// $1 the table's oid, $2 a name, $3 whether constraints of the table have it for themselves, $4 whether
// relations of the schema have. What bears it, and whether that is at work.
constexpr const char* name_query = R"(
SELECT pg_catalog.pg_describe_object('pg_catalog.pg_constraint'::pg_catalog.regclass, oid, 0), true
FROM pg_catalog.pg_constraint
WHERE $3::pg_catalog.bool AND conrelid = $1::pg_catalog.oid AND conname = $2
UNION ALL
SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 0),
  COALESCE(i.indisvalid AND i.indisready AND i.indislive, false)
FROM pg_catalog.pg_class t
JOIN pg_catalog.pg_class c ON c.relnamespace = t.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
WHERE $4::pg_catalog.bool AND t.oid = $1::pg_catalog.oid AND c.relname = $2)";

std::string index_query(const Connection& connection) {
  const bool is_safe = connection.server_version() >= first_version_with_safe_search_path;
  std::string sql = secondary_index_query;
  for (const auto& [mark, text] :
       {std::pair{"{kept}", kept_for_search_path}, std::pair{"{functions}", functions_by_search_path}}) {
    sql.replace(sql.find(mark), std::string_view(mark).size(), is_safe ? text : "");
  }
  return sql;
}

void add_objects(std::vector<SecondaryObject>& objects, const Result& found) {
  for (std::size_t i = 0; i < found.rows(); ++i) {
    SecondaryObject object{.kind = to_secondary_kind(found.text(i, 0)),
                           .name = std::string(found.text(i, 1)),
                           .drop_sql = std::string(found.text(i, 2)),
                           .build_sql = std::string(found.text(i, 3)),
                           .tablespace = std::string(found.text(i, 9)),
                           .references = std::string(found.text(i, 10)),
                           .referenced = found.oid(i, 11),
                           .kept_because = std::string(found.text(i, 12))};
    for (std::size_t column = 4; column <= 8; ++column) {
      if (!found.is_null(i, column)) object.finish_sql.emplace_back(found.text(i, column));
    }
    objects.push_back(std::move(object));
  }
}

int rank(const SecondaryObject& object) {
  if (object.build_sql.starts_with("CREATE")) return 0;
  return object.kind == SecondaryKind::foreign_key ? 1 : 2;
}

/// By their definitions; comments and the like may differ.
bool is_same(const SecondaryObject& a, const SecondaryObject& b) {
  if (a.kind != b.kind || a.name != b.name || a.build_sql != b.build_sql) return false;
  // The constraint over its index comes first.
  return a.kind != SecondaryKind::unique_constraint || !a.build_sql.starts_with("CREATE") ||
         (!a.finish_sql.empty() && !b.finish_sql.empty() && a.finish_sql.front() == b.finish_sql.front());
}

}  // namespace

std::string display(const SecondaryObject& object) {
  return std::string(to_string(object.kind)) + " " + display_identifier(object.name);
}

void sort_to_build(std::vector<SecondaryObject>& objects) {
  std::stable_sort(objects.begin(), objects.end(),
                   [](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

std::string_view to_string(SecondaryKind kind) {
  switch (kind) {
    case SecondaryKind::index:
      return "index";
    case SecondaryKind::unique_constraint:
      return "unique constraint";
    case SecondaryKind::exclusion_constraint:
      return "exclusion constraint";
    case SecondaryKind::foreign_key:
      return "foreign key";
  }
  return "index";
}

SecondaryKind to_secondary_kind(std::string_view text) {
  for (const auto kind : {SecondaryKind::index, SecondaryKind::unique_constraint,
                          SecondaryKind::exclusion_constraint, SecondaryKind::foreign_key}) {
    if (to_string(kind) == text) return kind;
  }
  throw Error(ErrorKind::target, "nothing that can be restored is a \"" + std::string(text) + "\"");
}

std::vector<SecondaryObject> secondary_objects(Connection& connection, const TableInfo& table,
                                               const std::stop_token& stop) {
  const std::array<Parameter, 2> wanted{std::to_string(table.oid), table.name.sql()};
  QualifiedNames names(connection, stop);
  std::vector<SecondaryObject> objects;
  add_objects(objects, connection.execute(foreign_key_query, wanted, stop));
  add_objects(objects, connection.execute(index_query(connection), wanted, stop));
  names.restore(stop);
  return objects;
}

DefinitionPath::DefinitionPath(Connection& connection, const std::stop_token& stop)
    : search_path_(connection, "search_path", "pg_catalog", stop),
      tablespace_(connection, "default_tablespace", "", stop) {
  const std::string& own = search_path_.before();
  if (!own.empty()) set_local(connection, "search_path", "pg_catalog, " + own, stop);
}

void DefinitionPath::restore(const std::stop_token& stop) {
  search_path_.restore(stop);
  tablespace_.restore(stop);
}

void build(Connection& connection, const SecondaryObject& object, const std::stop_token& stop) {
  set_local(connection, "default_tablespace", object.tablespace, stop);
  static_cast<void>(connection.execute_long(object.build_sql, {}, stop));
}

void finish(Connection& connection, const SecondaryObject& object, const std::stop_token& stop) {
  for (const auto& sql : object.finish_sql) static_cast<void>(connection.execute_long(sql, {}, stop));
}

bool is_there(Connection& connection, const TableInfo& table, const SecondaryObject& object,
              const std::string& way_out, const std::stop_token& stop) {
  const bool is_relation = object.kind != SecondaryKind::foreign_key;
  const std::array<Parameter, 4> wanted{std::to_string(table.oid), object.name,
                                        object.is_constraint() ? "t" : "f", is_relation ? "t" : "f"};
  const Result found = connection.execute(name_query, wanted, stop);
  if (found.empty()) return false;
  bool all_work = true;
  for (std::size_t i = 0; i < found.rows(); ++i) all_work = all_work && found.boolean(i, 1);
  if (all_work) {
    const auto objects = secondary_objects(connection, table, stop);
    if (std::any_of(objects.begin(), objects.end(),
                    [&object](const auto& other) { return is_same(object, other); })) {
      return true;
    }
  }
  throw Error(ErrorKind::target,
              display(object) + " of " + table.name.display() +
                  " could not be made again: another object has its name: " + std::string(found.text(0, 0)),
              {.sqlstate = is_relation ? "42P07" : "42710", .hint = "rename that one" + way_out});
}

}  // namespace leat::postgres_detail
