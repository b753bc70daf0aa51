#pragma once

#include <cstdint>
#include <string>

#include "leat/postgres/catalog/type_info.hpp"

namespace leat::jobs_detail {

/// How a source column's values get into a target column.
enum class Passage {
  same,        ///< by the same bytes
  renumbered,  ///< by the same bytes but for numbers of types inside, which differ between databases
  cast,        ///< the source converts them, without loss
  text,        ///< as text, which the target reads
  refused,     ///< some could be lost or changed on the way
};

struct TypeFit {
  Passage passage = Passage::same;
  std::string reason{};   ///< what stands against the same bytes: "is wider than …"
  std::string cast_to{};  ///< SQL of a type, for Passage::cast
  std::string warning{};  ///< which values the target will refuse; empty for none
};

/// A type with its modifier.
struct TypeUse {
  const TypeInfo& type;
  std::int32_t typmod = -1;
};

/// The column's modifier, or that of its domain.
[[nodiscard]] std::int32_t modifier(const TypeUse& use);
[[nodiscard]] bool is_built_in(const TypeInfo& type);

/// Compares a source column's type with the target's, through domains, arrays, composites, ranges and enums.
/// Nothing that fits can change a value silently. A pure function.
[[nodiscard]] TypeFit fit(const TypeUse& source, const TypeUse& target);

/// Whether its values name objects of the database (regclass and its like), at any depth: their text depends
/// on the search_path.
[[nodiscard]] bool holds_object_references(const TypeInfo& type);

}  // namespace leat::jobs_detail
