#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/detail/meta_schema_name.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

// The first of the two numbers of each advisory lock of leat's own; the second is a table's oid.
inline constexpr std::int32_t meta_lock_class = 1818583412;

/// Both numbers, for SQL; 0 is the lock of the schema itself.
[[nodiscard]] LEAT_EXPORT std::string meta_lock_key(std::uint32_t number);

/// Creates the schema if it is missing. Until the end of the open transaction no other session creates
/// anything in it: two sessions that create the same object at the same time would refuse each other. @throws
/// Error: 42501.
LEAT_EXPORT void make_meta_schema(Connection& connection, const std::stop_token& stop);

/// True if this role may create tables in the schema, or the schema itself if it is missing.
[[nodiscard]] LEAT_EXPORT bool may_make_in_meta(Connection& connection, const std::stop_token& stop);

}  // namespace leat::postgres_detail
