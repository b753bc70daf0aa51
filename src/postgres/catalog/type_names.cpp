#include "leat/postgres/catalog/detail/type_names.hpp"

#include <array>

#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::postgres_detail {

std::vector<std::string> type_names(Connection& session, const std::vector<Oid>& types,
                                    const std::stop_token& stop) {
  const std::array<Parameter, 1> oids{oid_array(types)};
  const Result rows = session.execute(
      "SELECT CASE WHEN t.typtype <> 'p' THEN pg_catalog.quote_ident(n.nspname) || '.\"' || "
      "pg_catalog.replace(t.typname, '\"', '\"\"') || '\"' END "
      "FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS u(oid, i) "
      "LEFT JOIN pg_catalog.pg_type t ON t.oid = u.oid "
      "LEFT JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace ORDER BY u.i",
      oids, stop);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i >= rows.rows() || rows.is_null(i, 0)) return {};
    names.emplace_back(rows.text(i, 0));
  }
  return names;
}

}  // namespace leat::postgres_detail
