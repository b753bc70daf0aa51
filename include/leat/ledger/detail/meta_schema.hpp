#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "leat/postgres/catalog/detail/meta_schema_name.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

// The first of the two numbers of each advisory lock of leat's own; the second is a table's oid.
inline constexpr std::int32_t meta_lock_class = 1818583412;

/// Both numbers, for SQL; 0 is the lock of the schema itself.
[[nodiscard]] std::string meta_lock_key(std::uint32_t number);

/// Makes the schema where it is missing. Until the end of the open transaction nobody else makes anything in
/// it: two that make the same at once would refuse each other. @throws Error: 42501.
void make_meta_schema(Connection& connection, const std::stop_token& stop);

/// Whether this role may make tables in the schema, or the schema itself where it is missing.
[[nodiscard]] bool may_make_in_meta(Connection& connection, const std::stop_token& stop);

}  // namespace leat::postgres_detail
