// Stages of one's own, in any number, each a function; no database.
//
//   refill: lines ──▶ split ──stream of words──▶ clean, 2 workers ──▶ count
//
// The same four lines come a thousand times, and every word is counted.
#include <algorithm>
#include <array>
#include <cctype>
#include <exception>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "leat/pipeline/pipeline_builder.hpp"

int main() try {
  using leat::Emitter, leat::Refill, leat::WorkItem;
  using Stop = const std::stop_token&;
  const std::array<std::string, 4> poem{"The rain, the rain,", "and the sea;", "the SEA, the rain", "and I."};

  std::map<std::string, int> counts;
  auto pipeline =
      leat::pipeline_of<std::string>([&poem, given = 0UL](std::size_t count, Stop) mutable {
        std::vector<std::string> lines;
        for (; lines.size() < count && given < 4000; ++given) lines.push_back(poem[given % poem.size()]);
        return lines.empty() ? Refill<std::string>::done() : Refill<std::string>::items(std::move(lines));
      })
          .stream<std::string>("split", {},
                               [](WorkItem<std::string>& line, Emitter<std::string>& out, Stop) {
                                 std::istringstream words(*line);
                                 for (std::string word; words >> word;) out.emit(word);
                               })
          .stage("clean", {.workers = 2},
                 [](WorkItem<std::string>& word, Stop) {
                   std::erase_if(*word, [](unsigned char c) { return std::isalpha(c) == 0; });
                   std::transform(word->begin(), word->end(), word->begin(),
                                  [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
                   return std::move(*word);
                 })
          .stage("count", {.workers = 1}, [&counts](WorkItem<std::string>& word, Stop) { ++counts[*word]; })
          .build({.name = "words"});

  const leat::PipelineReport report = pipeline.run();
  std::cout << report.entered << " lines, " << report.emitted << " words, " << report.failed << " failed\n";
  for (const auto& [word, times] : counts) std::cout << word << ' ' << times << '\n';
  return counts["the"] == 5000 && counts["sea"] == 2000 && report.emitted == 13000 ? 0 : 1;
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
