#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leat::test {

/// Takes arbitrary bytes for a row: the first byte is the number of columns, one byte for each chooses its
/// type, the rest is the tuple. Reads every field as its C++ type. Bytes that are no such row must end in an
/// Error; those that are must come back the same after being written and read again. Aborts where this does
/// not hold.
void read_arbitrary_row(std::span<const std::byte> input);

/// A row of one column of the given type (modulo their number) that read_arbitrary_row() accepts, to start
/// from.
[[nodiscard]] std::vector<std::vector<std::byte>> sample_rows();

}  // namespace leat::test
