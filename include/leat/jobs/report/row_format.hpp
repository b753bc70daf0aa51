#pragma once

#include <string>
#include <string_view>

#include "leat/data/schema.hpp"

namespace leat {

/// The format a table's rows travel in, and why: binary where every pair of columns is known to write the
/// same bytes on both sides, if need be after a conversion that loses nothing; otherwise text for the whole
/// table, which the target reads as if the values had been typed in.
struct FormatChoice {
  RowFormat format = RowFormat::binary;
  std::string reason{};
};

/// "binary" or "text".
[[nodiscard]] std::string_view to_string(RowFormat format);

}  // namespace leat
