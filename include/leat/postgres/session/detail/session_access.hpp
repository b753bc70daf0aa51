#pragma once

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/result.hpp"

struct pg_conn;

namespace leat::postgres_detail {

/// Gives leat's own readers and writers the private parts of a session and of a result.
struct LEAT_EXPORT SessionAccess {
  [[nodiscard]] static Connection::Impl& impl(Connection& connection) noexcept { return *connection.impl_; }
  /// libpq's handle, in non-blocking mode. The connection keeps it.
  [[nodiscard]] static pg_conn* handle(const Connection& connection) noexcept;
  /// libpq's own result; null if default-constructed.
  [[nodiscard]] static pg_result* handle(const Result& result) noexcept { return result.result_.get(); }
};

}  // namespace leat::postgres_detail
