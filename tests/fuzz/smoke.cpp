// A target of the fuzzer without a fuzzer: its samples, cut at every byte, and changed at random.
//   <target>_smoke [DIRECTORY]: writes the samples there instead, for a fuzzer to start from
#include <cstdio>
#include <fstream>
#include <random>
#include <string>

#include "fuzz/target.hpp"
#include "support/seed.hpp"

int main(int argc, char** argv) {
  const auto samples = leat::test::samples();
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
  std::fprintf(stderr, "%s\n", leat::test::how_to_repeat(LEAT_FUZZ_TARGET, rounds, all_rounds).c_str());
  std::size_t inputs = 0;
  std::mt19937 random(leat::test::seed());
  for (const auto& sample : samples) {
    for (std::size_t length = 0; length <= sample.size(); ++length, ++inputs) {
      leat::test::try_input(std::span(sample).first(length));
    }
    for (std::size_t round = 0; round < rounds; ++round, ++inputs) {
      auto input = sample;
      for (std::size_t changes = 1 + random() % 4; changes > 0; --changes) {
        const std::size_t at = random() % input.size();
        input[at] = static_cast<std::byte>(random());
        if (random() % 8 == 0)
          input.insert(input.begin() + static_cast<std::ptrdiff_t>(at), static_cast<std::byte>(random()));
      }
      leat::test::try_input(input);
    }
  }
  std::printf("%zu inputs\n", inputs);
  return 0;
}
