#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/data/schema.hpp"

namespace leat {

/// How a type's values are made up.
enum class TypeKind {
  base,
  array,
  composite,
  enumeration,
  range,
  multirange,
  pseudo,
};

/// What the catalog says of a type, as far as moving its values needs it. Everything but oid and name is that
/// of the type under all domains.
struct TypeInfo {
  Oid oid = 0;
  std::string name{};             ///< as format_type prints it, without modifier
  Oid base = 0;                   ///< under all domains; oid itself where it is none
  std::int32_t base_typmod = -1;  ///< that the domains give it
  bool has_default = false;       ///< a domain has one of its own
  bool not_null = false;          ///< one of its domains takes no NULL
  std::string base_name{};        ///< pg_type.typname, without schema
  TypeKind kind = TypeKind::base;
  bool has_binary = true;             ///< a send and a receive function that agree
  std::string extension{};            ///< "citext 1.6": the extension that it belongs to
  std::vector<std::string> labels{};  ///< of an enum, in order
  /// What it is made of: an array's element, a composite's fields, what a range ranges over, a multirange's
  /// range. Finite, since no type contains itself.
  std::vector<TypeInfo> parts{};
  std::vector<std::string> field_names{};     ///< of a composite's parts
  std::vector<std::int32_t> field_typmods{};  ///< of a composite's parts

  /// Whether it is that type, or some part of it is.
  [[nodiscard]] bool is_made_of(Oid type) const;
};

/// Oids below belong to types that every PostgreSQL server has under the same number. Source: PostgreSQL,
/// src/include/access/transam.h, FirstNormalObjectId.
inline constexpr Oid first_user_oid = 16384;

}  // namespace leat
