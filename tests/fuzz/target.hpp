#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace leat::test {

// What each target of the fuzzer is: fuzz_row, fuzz_copy_messages, fuzz_document.

/// Gives arbitrary bytes to what is tested. Aborts where that does not keep its promises.
void try_input(std::span<const std::byte> input);

/// Inputs with much in them, to start from.
[[nodiscard]] std::vector<std::vector<std::byte>> samples();

}  // namespace leat::test
