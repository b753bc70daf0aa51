#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::test {

/// A command line, without the program's name.
using Words = std::vector<std::string>;

[[nodiscard]] inline Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Whether what was printed has this somewhere.
[[nodiscard]] inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace leat::test
