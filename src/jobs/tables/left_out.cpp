#include "jobs/tables/left_out.hpp"

#include <array>
#include <set>
#include <vector>

#include "jobs/options/sql_text.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

// $1 schemas of the tables, $2 schemas and $3 names of the tables. What belongs to an extension is left out.
constexpr const char* left_out_query = R"(
WITH spaces AS MATERIALIZED (
  SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ($1::pg_catalog.text[])),
chosen AS MATERIALIZED (
  SELECT c.oid, c.relowner, c.relacl
  FROM ROWS FROM (pg_catalog.unnest($2::pg_catalog.text[]), pg_catalog.unnest($3::pg_catalog.text[])) AS t(schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = t.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = t.name),
relation AS MATERIALIZED (
  SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
  WHERE c.relkind IN ('v', 'm', 'f', 'S')
    AND NOT EXISTS (SELECT FROM chosen WHERE chosen.oid = c.oid)
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.objid = c.oid AND d.deptype IN ('e', 'i', 'a') AND (d.deptype = 'e' OR c.relkind = 'S')))
SELECT (SELECT pg_catalog.count(*) FROM relation WHERE relkind = 'v'),
       (SELECT pg_catalog.count(*) FROM relation WHERE relkind = 'm'),
       (SELECT pg_catalog.count(*) FROM relation WHERE relkind = 'f'),
       (SELECT pg_catalog.count(*) FROM relation WHERE relkind = 'S'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                          AND d.objid = p.oid AND d.deptype IN ('e', 'i'))),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_trigger g JOIN chosen c ON c.oid = g.tgrelid
        WHERE NOT g.tgisinternal),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_rewrite w JOIN chosen c ON c.oid = w.ev_class
        WHERE w.ev_type <> '1'),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_policy p JOIN chosen c ON c.oid = p.polrelid),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_statistic_ext e JOIN chosen c ON c.oid = e.stxrelid),
       (SELECT pg_catalog.count(*) FROM chosen WHERE relacl IS NOT NULL),
       (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata))";

}  // namespace

std::string left_out_text(Connection& source, std::span<const TableName> tables,
                          const CopyTablesOptions& options, const std::stop_token& stop) {
  std::set<std::string> spaces;
  std::vector<std::string> schemas;
  std::vector<std::string> names;
  for (const auto& table : tables) {
    spaces.insert(table.schema);
    schemas.push_back(table.schema);
    names.push_back(table.name);
  }
  const std::array<Parameter, 3> parameters{
      postgres_detail::text_array(std::vector<std::string>(spaces.begin(), spaces.end())),
      postgres_detail::text_array(schemas), postgres_detail::text_array(names)};
  const Result found = source.execute_long(left_out_query, parameters, stop);
  constexpr std::array<std::array<const char*, 2>, 11> words{
      {{"view", "views"},
       {"materialized view", "materialized views"},
       {"foreign table", "foreign tables"},
       {"sequence of no column", "sequences of no column"},
       {"function", "functions"},
       {"trigger", "triggers"},
       {"rule", "rules"},
       {"policy", "policies"},
       {"statistics object", "statistics objects"},
       {"table's privileges", "tables' privileges"},
       {"large object", "large objects"}}};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view what = words[i][0];
    if (what == "statistics object" && options.stream.create == CreateTarget::full) continue;
    if (what == "large object" && options.large_objects != LargeObjectMode::stay) continue;
    const auto count = found.integer(0, i);
    if (count > 0) parts.push_back(std::to_string(count) + " " + words[i][count == 1 ? 0 : 1]);
  }
  if (parts.empty()) return {};
  return "left out, since only tables are made and copied: " + comma_list(parts) +
         "; a whole database is copied by leat clone, and roles and tablespaces by pg_dumpall -g";
}

}  // namespace leat::jobs_detail
