#include "registry/compare_rows.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

namespace leat::registry_detail {
namespace {

// Each row is compared with each: with more, they are told as they are.
constexpr std::size_t most_pairs = 1'000'000;

std::size_t equal_values(const TextRow& a, const TextRow& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1U : 0U;
  return equal;
}

}  // namespace

void strip_zeros(std::optional<std::string>& number) {
  if (!number || number->find('.') == std::string::npos) return;
  number->erase(number->find_last_not_of('0') + 1);
  if (number->ends_with('.')) number->pop_back();
}

void compare_rows(std::vector<TextRow> expected, std::vector<TextRow> got, TransformTestResult& result) {
  std::map<TextRow, std::size_t> wanted;
  for (const auto& row : expected) ++wanted[row];
  std::erase_if(got, [&wanted](const TextRow& row) {
    const auto found = wanted.find(row);
    if (found == wanted.end() || found->second == 0) return false;
    --found->second;
    return true;
  });
  // In the order in which they are written; of equal ones the last ones are left.
  std::reverse(expected.begin(), expected.end());
  std::erase_if(expected, [&wanted](const TextRow& row) {
    auto& left = wanted[row];
    if (left == 0) return true;
    --left;
    return false;
  });
  std::reverse(expected.begin(), expected.end());
  result.passed = expected.empty() && got.empty();
  const bool pairs = expected.size() * got.size() <= most_pairs;
  for (auto& row : expected) {
    auto nearest = got.end();
    std::size_t most = 0;
    for (auto other = got.begin(); pairs && other != got.end(); ++other) {
      const std::size_t equal = equal_values(row, *other);
      if (equal <= most) continue;
      most = equal;
      nearest = other;
    }
    if (nearest == got.end()) {
      result.missing.push_back(std::move(row));
      continue;
    }
    result.different.push_back({std::move(row), std::move(*nearest)});
    got.erase(nearest);
  }
  result.unexpected = std::move(got);
}

}  // namespace leat::registry_detail
