#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// The structure of a type's values.
enum class TypeKind {
  base,
  array,
  composite,
  enumeration,
  range,
  multirange,
  pseudo,
};

/// A type as the catalog describes it, as far as it matters for moving its values. If the type is a domain,
/// all members except oid and name describe the type under all domains.
struct LEAT_EXPORT TypeInfo {
  Oid oid = 0;
  std::string name{};             ///< as format_type prints it, without modifier
  Oid base = 0;                   ///< the type under all domains; oid itself if it is no domain
  std::int32_t base_typmod = -1;  ///< the modifier that the domains give it
  bool has_default = false;       ///< a domain has a default of its own
  bool not_null = false;          ///< one of its domains does not accept NULL
  std::string base_name{};        ///< pg_type.typname, without schema
  TypeKind kind = TypeKind::base;
  bool has_binary = true;             ///< it has a send and a receive function that match
  std::string extension{};            ///< "citext 1.6": the extension that it belongs to
  std::vector<std::string> labels{};  ///< of an enum, in order
  /// The types it is made of: an array's element, a composite's fields, a range's subtype, a multirange's
  /// range. Finite, since no type contains itself.
  std::vector<TypeInfo> parts{};
  std::vector<std::string> field_names{};     ///< of a composite's parts
  std::vector<std::int32_t> field_typmods{};  ///< of a composite's parts
  /// The domain `lo`, or one over it: values are numbers of large objects.
  bool names_large_objects = false;
  int server_version = 0;  ///< of the server that described it, as Connection::server_version(); 0 for none

  /// True if it is that type, or if one of its parts is.
  [[nodiscard]] bool is_made_of(Oid type) const;
};

/// Oids below belong to types that every PostgreSQL server has under the same number. Source: PostgreSQL,
/// src/include/access/transam.h, FirstNormalObjectId.
inline constexpr Oid first_user_oid = 16384;

}  // namespace leat
