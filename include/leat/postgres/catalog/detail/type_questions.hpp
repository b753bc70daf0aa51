#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/type_definition.hpp"

namespace leat::postgres_detail {

/// The spelling of a type without its leading schema, if it has one.
[[nodiscard]] LEAT_EXPORT std::string_view without_schema(std::string_view spelling);

/// The wanted types and the types they are made of, ordered so that each type comes after those it needs.
/// Types of an extension are not taken apart.
[[nodiscard]] LEAT_EXPORT std::vector<Oid> types_in_order(const TypeDefinitions& types,
                                                          std::span<const Oid> wanted);

/// The oids of the types with those names, in their order; 0 for a missing type.
[[nodiscard]] LEAT_EXPORT std::vector<Oid> find_types(Connection& connection,
                                                      std::span<const TableName> names,
                                                      const std::stop_token& stop = {});

/// How SQL writes types with their modifiers. Runs in the session's open transaction.
[[nodiscard]] LEAT_EXPORT std::vector<TypeSpelling> spell_types(
    Connection& connection, std::span<const std::pair<Oid, std::int32_t>> types,
    const std::stop_token& stop = {});

}  // namespace leat::postgres_detail
