#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/postgres/catalog/type_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// A type as SQL writes it, with its modifier: "numeric(12,2)", "public.mood[]".
struct TypeSpelling {
  Oid oid = 0;
  Oid element = 0;    ///< of an array; a multirange's range; else oid itself
  std::string sql{};  ///< begins with the schema where the type is not built in
};

/// A type's spelling without the schema that it begins with, if it does.
[[nodiscard]] std::string_view without_schema(std::string_view spelling);

/// What kind of type a definition describes.
enum class DefinedKind {
  enumeration,
  domain,
  composite,
  range,
  row,    ///< the rows of a table or view
  other,  ///< made by functions in C
};

/// "enum", "domain", "composite type", …
[[nodiscard]] std::string_view to_string(DefinedKind kind);

/// A constraint of a domain.
struct DomainCheck {
  std::string name{};
  std::string definition{};  ///< "CHECK ((VALUE > 0))"
};

/// A field of a composite type.
struct FieldDefinition {
  std::string name{};
  TypeSpelling type{};
  std::string collation{};  ///< with its schema; empty for the type's own
};

/// All that is needed to make a type elsewhere. What does not belong to its kind is empty. SQL in it names
/// every schema but pg_catalog.
struct TypeDefinition {
  TableName name{};
  Oid oid = 0;
  DefinedKind kind = DefinedKind::other;
  std::string extension{};            ///< that it belongs to
  std::vector<std::string> labels{};  ///< of an enum, in order
  std::vector<FieldDefinition> fields{};
  TypeSpelling base{};      ///< of a domain; what a range ranges over
  std::string collation{};  ///< with its schema; empty for the base's own
  bool not_null = false;
  std::optional<std::string> default_value{};
  std::vector<DomainCheck> checks{};  ///< by name
  std::string operator_class{};       ///< of a range, with its schema; empty for the default one
  std::string difference{};           ///< of a range: its subtype_diff function
  bool has_canonical = false;         ///< a range has a function that must exist before it
  std::string multirange{};           ///< of a range: its multirange's name; empty before PostgreSQL 14
  std::string comment{};
};

/// Types that are not built in, by their oids; no arrays and multiranges, which come with them.
using TypeDefinitions = std::map<Oid, TypeDefinition>;

/// Those of `types` that these are or are made of, each after what it needs. What belongs to an extension is
/// not taken apart.
[[nodiscard]] std::vector<Oid> in_order(const TypeDefinitions& types, std::span<const Oid> wanted);

/// Reads what these types are made of, and they themselves, in the session's open transaction; its
/// search_path is another one meanwhile.
[[nodiscard]] TypeDefinitions read_type_definitions(Connection& connection, std::span<const Oid> types,
                                                    const std::stop_token& stop = {});

/// The types of those names, in their order; 0 for one that there is not.
[[nodiscard]] std::vector<Oid> find_types(Connection& connection, std::span<const TableName> names,
                                          const std::stop_token& stop = {});

/// How SQL writes types with their modifiers, in the session's open transaction.
[[nodiscard]] std::vector<TypeSpelling> spell_types(Connection& connection,
                                                    std::span<const std::pair<Oid, std::int32_t>> types,
                                                    const std::stop_token& stop = {});

}  // namespace leat
