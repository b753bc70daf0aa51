#include "leat/postgres/session/detail/qualified_names.hpp"

#include <array>

namespace leat::postgres_detail {

QualifiedNames::QualifiedNames(Connection& connection, const std::stop_token& stop)
    : connection_(connection),
      search_path_(
          connection.execute("SELECT pg_catalog.current_setting('search_path')", {}, stop).text(0, 0)) {
  static_cast<void>(connection.execute("SET LOCAL search_path = pg_catalog", {}, stop));
}

void QualifiedNames::restore(const std::stop_token& stop) {
  const std::array<Parameter, 1> before{search_path_};
  static_cast<void>(
      connection_.execute("SELECT pg_catalog.set_config('search_path', $1, true)", before, stop));
}

}  // namespace leat::postgres_detail
