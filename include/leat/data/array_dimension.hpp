#pragma once

#include <cstdint>

namespace leat {

/// One dimension of an array.
struct ArrayDimension {
  std::int32_t size = 0;
  /// The first element's subscript.
  std::int32_t lower_bound = 1;
  friend bool operator==(const ArrayDimension&, const ArrayDimension&) = default;
};

}  // namespace leat
