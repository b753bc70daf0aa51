#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// A value in its type's binary form; nullopt is NULL.
struct BinaryValue {
  Oid type = 0;  ///< not a domain, since domains check the values they read
  std::optional<std::span<const std::byte>> bytes{};
};

/// The texts that the server prints for these values; nullopt is NULL.
/// @throws Error if it cannot read one of them; the transaction has failed then.
[[nodiscard]] LEAT_EXPORT std::vector<std::optional<std::string>> print_values(
    Connection& connection, std::span<const BinaryValue> values, const std::stop_token& stop);

}  // namespace leat::postgres_detail
