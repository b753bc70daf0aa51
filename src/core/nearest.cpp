#include "leat/core/detail/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace leat::detail {
namespace {

constexpr std::size_t longest_compared = 140;

std::string plain(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  std::string text;
  for (const char c : word) {
    text += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

/// Letters to change, add, leave out, or swap with the next one.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  const std::string meant = plain(word);
  if (meant.empty() || meant.size() > longest_compared) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(1, meant.size() / 3) + 1;
  for (const auto& name : known) {
    const std::string candidate = plain(name);
    if (candidate.size() > longest_compared) continue;
    const std::size_t cost = distance(meant, candidate);
    if (cost < least) {
      least = cost;
      best = name;
    }
  }
  if (!best.empty()) return best;
  const auto begun = std::find_if(known.begin(), known.end(),
                                  [&](const auto& name) { return plain(name).starts_with(meant); });
  return begun == known.end() ? std::string() : *begun;
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  const std::string name = nearest(word, known);
  return name.empty() ? std::string() : "; did you mean " + name + "?";
}

std::string any_of(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace leat::detail
