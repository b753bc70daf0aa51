#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace leat {

/// Statements that are sent in one message with a COPY, so that a slow link costs one round trip. If one of
/// them fails, the COPY fails, and no later statement is run.
struct BesideCopy {
  std::string before{};  ///< run once, before the COPY; several are separated by ';'. Empty: nothing.
  /// Run when all rows of the COPY are through, before its end is reported. May be run more than once: see
  /// CopyWriter. Empty: nothing.
  std::string after{};
};

/// A row that such a statement has returned, as text; nullopt is NULL.
using BesideRow = std::vector<std::optional<std::string>>;

/// The number of rows that are kept, from the first one on.
inline constexpr std::size_t most_beside_rows = 64;

}  // namespace leat
