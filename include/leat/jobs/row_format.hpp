#pragma once

#include <span>
#include <string>
#include <vector>

#include "leat/data/schema.hpp"
#include "leat/postgres/table_info.hpp"

namespace leat {

/// A column's way: what the source gives and what the target takes.
struct ColumnPair {
  std::string name;
  TypeInfo source;
  TypeInfo target;
};

/// The format a table's rows travel in, and why.
struct FormatChoice {
  RowFormat format = RowFormat::binary;
  std::string reason{};
};

/// Binary where every pair of columns is known to write the same bytes on both sides; text for the whole
/// table otherwise, which the target reads as if the values had been typed in. A pure function.
[[nodiscard]] FormatChoice choose_format(std::span<const ColumnPair> columns);

/// "binary" or "text".
[[nodiscard]] std::string_view to_string(RowFormat format);

}  // namespace leat
