#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/server_versions.hpp"

namespace leat::postgres_detail {

/// An expression: the number of the open transaction, which has one from then on.
[[nodiscard]] inline std::string current_transaction_sql(const Connection& connection) {
  return connection.server_version() >= first_version_with_xid8 ? "pg_catalog.pg_current_xact_id()"
                                                                : "pg_catalog.txid_current()";
}

/// Its text as a number.
[[nodiscard]] inline std::uint64_t to_transaction_id(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace leat::postgres_detail
