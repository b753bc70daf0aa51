#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "leat/registry/transform_difference.hpp"

namespace leat {
namespace registry_detail {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// A line of both texts, or of one of them.
struct Step {
  char sign;  ///< ' ', '-' or '+'
  std::string_view line;
};

// More cells than that of a table of lines by lines are too many: all of the one goes, all of the other
// comes.
constexpr std::size_t most_cells = 4'000'000;

/// The lines from one text to the other: those that stay are a longest common subsequence.
std::vector<Step> steps_between(const Lines& before, const Lines& after) {
  std::size_t begin = 0;
  while (begin < std::min(before.size(), after.size()) && before[begin] == after[begin]) ++begin;
  std::size_t end = 0;
  while (end < std::min(before.size(), after.size()) - begin &&
         before[before.size() - 1 - end] == after[after.size() - 1 - end]) {
    ++end;
  }
  std::vector<Step> steps;
  for (std::size_t i = 0; i < begin; ++i) steps.push_back({' ', before[i]});
  const std::size_t rows = before.size() - begin - end;
  const std::size_t columns = after.size() - begin - end;
  std::size_t i = 0;
  std::size_t j = 0;
  if (rows > 0 && columns > 0 && rows * columns <= most_cells) {
    // common[i][j]: of the lines from i and j on.
    const std::size_t width = columns + 1;
    std::vector<std::size_t> common((rows + 1) * width);
    for (std::size_t r = rows; r-- > 0;) {
      for (std::size_t c = columns; c-- > 0;) {
        common[r * width + c] = before[begin + r] == after[begin + c]
                                    ? common[(r + 1) * width + c + 1] + 1
                                    : std::max(common[(r + 1) * width + c], common[r * width + c + 1]);
      }
    }
    while (i < rows && j < columns) {
      if (before[begin + i] == after[begin + j]) {
        steps.push_back({' ', before[begin + i]});
        ++i;
        ++j;
      } else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
        steps.push_back({'-', before[begin + i++]});
      } else {
        steps.push_back({'+', after[begin + j++]});
      }
    }
  }
  for (; i < rows; ++i) steps.push_back({'-', before[begin + i]});
  for (; j < columns; ++j) steps.push_back({'+', after[begin + j]});
  for (std::size_t k = end; k > 0; --k) steps.push_back({' ', before[before.size() - k]});
  return steps;
}

}  // namespace
}  // namespace registry_detail

std::string line_difference(std::string_view before, std::string_view after) {
  using namespace registry_detail;
  if (before == after) return {};
  const auto steps = steps_between(lines_of(before), lines_of(after));
  constexpr std::size_t around = 3;
  std::vector<bool> shown(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].sign == ' ') continue;
    const std::size_t last = std::min(i + around, steps.size() - 1);
    for (std::size_t k = i - std::min(i, around); k <= last; ++k) shown[k] = true;
  }
  std::string text;
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (shown[i]) {
      if (i == 0 || !shown[i - 1]) {
        text += "@@ line " + std::to_string(old_line) + ", now " + std::to_string(new_line) + " @@\n";
      }
      text += steps[i].sign + std::string(steps[i].line) + "\n";
    }
    old_line += steps[i].sign != '+' ? 1U : 0U;
    new_line += steps[i].sign != '-' ? 1U : 0U;
  }
  return text;
}

}  // namespace leat
