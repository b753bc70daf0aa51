#pragma once

#include <cstdint>
#include <string>

namespace leat {

/// What a store keeps of a unit together with the unit's rows, in one transaction: both are there, or
/// neither.
struct LedgerLine {
  std::int64_t number = 0;   ///< of the unit
  std::string definition{};  ///< of what was read
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
};

}  // namespace leat
