#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/catalog/type_info.hpp"
#include "leat/registry/registered_schema.hpp"

namespace leat::registry_detail {

/// A type that was read from a text.
struct SchemaType {
  std::string spelled{};  ///< as PostgreSQL prints it
  TypeInfo info{};
  std::int32_t modifier = -1;
};

/// Reads a type as SQL writes it. Built-in types may have any of their names: "int", "varchar(20)". Nothing
/// for a name without a schema that no built-in type has, or for a modifier that its type has not.
[[nodiscard]] std::optional<SchemaType> read_schema_type(std::string_view text);

/// The names that built-in types have, for suggestions.
[[nodiscard]] const std::vector<std::string>& schema_type_names();

/// The type of a column: an enum with its labels, a domain as the type below.
[[nodiscard]] SchemaType type_of_column(const RegisteredColumn& column);

}  // namespace leat::registry_detail
