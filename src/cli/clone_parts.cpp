#include <string>

#include "cli/clone_archive.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::cli {
namespace {

constexpr int trigger_parents_since = 130'000;

// What has an owner is two statements of pg_restore, of which the second may be missing.
constexpr const char* quick_parts_query = R"(
SELECT 'DROP EVENT TRIGGER ' || pg_catalog.quote_ident(evtname) FROM pg_catalog.pg_event_trigger e
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = e.oid AND d.deptype = 'e'
                  AND d.classid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass)
UNION ALL
SELECT 'DROP PUBLICATION ' || pg_catalog.quote_ident(pubname) FROM pg_catalog.pg_publication
UNION ALL
SELECT 'DROP STATISTICS ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(s.stxname)
FROM pg_catalog.pg_statistic_ext s JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
  WHERE d.objid = s.oid AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass))";

std::string standing_query(bool has_trigger_parents) {
  return R"(
SELECT pg_catalog.replace(pg_catalog.replace(x.part, E'\n', ' '), E'\r', ' ') FROM (
  SELECT 'INDEX ' || n.nspname || ' ' || c.relname
  FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE (i.indisvalid OR c.relkind = 'I') AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
  UNION ALL
  SELECT 'INDEX ATTACH ' || n.nspname || ' ' || c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('i', 'I') AND c.relispartition
  UNION ALL
  SELECT CASE k.contype WHEN 'f' THEN 'FK ' WHEN 'c' THEN 'CHECK ' ELSE '' END || 'CONSTRAINT ' ||
         n.nspname || ' ' || c.relname || ' ' || k.conname
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE k.contype IN ('p', 'u', 'x', 'f', 'c')
  UNION ALL
  SELECT 'TRIGGER ' || n.nspname || ' ' || c.relname || ' ' || t.tgname
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal)" +
         std::string(has_trigger_parents ? " AND t.tgparentid = 0" : "") + R"(
  UNION ALL
  SELECT 'RULE ' || n.nspname || ' ' || c.relname || ' ' || r.rulename
  FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT 'POLICY ' || n.nspname || ' ' || c.relname || ' ' || p.polname
  FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  UNION ALL
  SELECT 'ROW SECURITY ' || n.nspname || ' ' || c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity
  UNION ALL
  SELECT 'MATERIALIZED VIEW DATA ' || n.nspname || ' ' || c.relname
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'm' AND c.relispopulated
  UNION ALL
  SELECT 'SUBSCRIPTION - ' || s.subname FROM pg_catalog.pg_subscription s
  WHERE s.subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
) AS x(part))";
}

}  // namespace

std::set<std::string> parts_that_stand(Connection& target, const std::stop_token& stop) {
  const Result quick = target.execute(quick_parts_query, {}, stop);
  // Event triggers are the first of them, and so hear of no other.
  for (std::size_t i = 0; i < quick.rows(); ++i) {
    static_cast<void>(target.execute(std::string(quick.text(i, 0)), {}, stop));
  }
  const Result found =
      target.execute(standing_query(target.server_version() >= trigger_parents_since), {}, stop);
  std::set<std::string> parts;
  for (std::size_t i = 0; i < found.rows(); ++i) parts.emplace(found.text(i, 0));
  return parts;
}

}  // namespace leat::cli
