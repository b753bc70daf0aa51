#pragma once

#include <stop_token>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"

namespace leat::postgres_detail {

/// For the rest of the transaction names of objects are printed and read with their schemas, but for those of
/// pg_catalog. A server that runs it takes no snapshot.
inline constexpr const char* qualify_sql = "SET LOCAL search_path = pg_catalog";

/// The same until restore(), as LocalSetting says.
class QualifiedNames : public LocalSetting {
 public:
  QualifiedNames(Connection& connection, const std::stop_token& stop)
      : LocalSetting(connection, "search_path", "pg_catalog", stop) {}
};

}  // namespace leat::postgres_detail
