// The fuzz target without a fuzzer: sample rows, cut at every byte, and changed at random.
//   fuzz_smoke [DIRECTORY]: writes the samples there instead, for a fuzzer to start from
#include <cstdio>
#include <fstream>
#include <random>
#include <string>

#include "fuzz/fuzz_row.hpp"
#include "support/seed.hpp"

int main(int argc, char** argv) {
  const auto samples = leat::test::sample_rows();
  if (argc == 2) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
      std::ofstream file(std::string(argv[1]) + "/" + std::to_string(i), std::ios::binary);
      file.write(reinterpret_cast<const char*>(samples[i].data()),
                 static_cast<std::streamsize>(samples[i].size()));
    }
    return 0;
  }
  constexpr std::size_t all_rounds = 3000;
  const std::size_t rounds = leat::test::rounds(all_rounds);
  std::fprintf(stderr, "%s\n", leat::test::how_to_repeat("fuzz_smoke", rounds, all_rounds).c_str());
  std::size_t rows = 0;
  std::mt19937 random(leat::test::seed());
  for (const auto& sample : samples) {
    for (std::size_t length = 0; length <= sample.size(); ++length, ++rows) {
      leat::test::read_arbitrary_row(std::span(sample).first(length));
    }
    for (std::size_t round = 0; round < rounds; ++round, ++rows) {
      auto row = sample;
      for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % row.size();
        row[at] = static_cast<std::byte>(random());
        if (random() % 8 == 0)
          row.insert(row.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(random()));
      }
      leat::test::read_arbitrary_row(row);
    }
  }
  std::printf("%zu rows\n", rows);
  return 0;
}
