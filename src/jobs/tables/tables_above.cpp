#include "jobs/tables/tables_above.hpp"

#include <array>
#include <string>

#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

// $1 the tables' oids.
constexpr const char* ancestor_query = R"(
WITH RECURSIVE up AS (
  SELECT h.inhparent AS relid
  FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  JOIN pg_catalog.pg_class c ON c.oid = t.oid AND c.relispartition
  JOIN pg_catalog.pg_inherits h ON h.inhrelid = t.oid
  UNION SELECT h.inhparent FROM up JOIN pg_catalog.pg_class c ON c.oid = up.relid AND c.relispartition
        JOIN pg_catalog.pg_inherits h ON h.inhrelid = up.relid)
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid)
FROM up JOIN pg_catalog.pg_class c ON c.oid = up.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid <> ALL ($1::pg_catalog.oid[])
ORDER BY n.nspname, c.relname)";

}  // namespace

std::vector<ListedTable> tables_above(Connection& source, std::span<const ListedTable> tables,
                                      const std::stop_token& stop) {
  std::vector<Oid> oids;
  for (const auto& table : tables) oids.push_back(table.oid);
  const std::array<Parameter, 1> wanted{postgres_detail::oid_array(oids)};
  const Result found = source.execute(ancestor_query, wanted, stop);
  std::vector<ListedTable> above;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    above.push_back({.name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
                     .oid = found.oid(i, 0),
                     .kind = postgres_detail::to_relation_kind(found.text(i, 3)),
                     .is_visible = found.boolean(i, 4)});
  }
  return above;
}

}  // namespace leat::jobs_detail
