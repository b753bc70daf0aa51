#pragma once

#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// The format in which a table's rows travel, and the reason for it. Binary is chosen if each pair of columns
/// is known to write the same bytes on both sides, if necessary after a conversion that loses nothing.
/// Otherwise the whole table travels as text, and the target reads the values as if a user had typed them.
struct FormatChoice {
  RowFormat format = RowFormat::binary;
  std::string reason{};
};

/// "binary" or "text".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(RowFormat format);

}  // namespace leat
