#include "fuzz/fuzz_row.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  leat::test::read_arbitrary_row(std::as_bytes(std::span(data, size)));
  return 0;
}
