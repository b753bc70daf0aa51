#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/type_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat {

/// A type as SQL writes it, with its modifier: "numeric(12,2)", "public.mood[]".
struct TypeSpelling {
  Oid oid = 0;
  Oid element = 0;    ///< of an array; for a multirange its range; otherwise oid itself
  std::string sql{};  ///< begins with the schema if the type is not built in
};

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
[[nodiscard]] LEAT_EXPORT std::string_view to_string(DefinedKind kind);

/// A constraint of a domain.
struct DomainCheck {
  std::string name{};
  std::string definition{};  ///< "CHECK ((VALUE > 0))"
};

/// A field of a composite type.
struct FieldDefinition {
  std::string name{};
  TypeSpelling type{};
  std::string collation{};  ///< with its schema; empty for the type's own collation
};

/// Everything that is needed to create a type elsewhere. Members that do not apply to its kind are empty. All
/// SQL in it names every schema except pg_catalog.
struct TypeDefinition {
  TableName name{};
  Oid oid = 0;
  DefinedKind kind = DefinedKind::other;
  std::string extension{};            ///< the extension that the type belongs to
  std::vector<std::string> labels{};  ///< of an enum, in order
  std::vector<FieldDefinition> fields{};
  TypeSpelling base{};      ///< of a domain: its base type; of a range: its subtype
  std::string collation{};  ///< with its schema; empty for the base's own
  bool not_null = false;
  std::optional<std::string> default_value{};
  std::vector<DomainCheck> checks{};  ///< by name
  std::string operator_class{};       ///< of a range, with its schema; empty for the default operator class
  std::string difference{};           ///< of a range: its subtype_diff function
  bool has_canonical = false;  ///< the range has a canonical function, which must exist before the range
  std::string multirange{};    ///< of a range: the name of its multirange; empty before PostgreSQL 14
  std::string comment{};
};

/// Types that are not built in, by their oids. Arrays and multiranges are not listed; they come with their
/// types.
using TypeDefinitions = std::map<Oid, TypeDefinition>;

/// Reads the definitions of these types and of the types they are made of. Runs in the session's open
/// transaction, and changes its search_path meanwhile.
[[nodiscard]] LEAT_EXPORT TypeDefinitions read_type_definitions(Connection& connection,
                                                                std::span<const Oid> types,
                                                                const std::stop_token& stop = {});

}  // namespace leat
