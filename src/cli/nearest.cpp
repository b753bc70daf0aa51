#include "cli/nearest.hpp"

#include <algorithm>
#include <cctype>

#include "leat/core/detail/nearest_name.hpp"
#include "leat/postgres/session/connection_target.hpp"

namespace leat::cli {
namespace {

constexpr std::size_t longest_shown = 60;
constexpr std::size_t longest_compared = 40;

std::string plain(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  std::string text;
  for (const char c : word) {
    text += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

}  // namespace

std::string nearest(std::string_view word, std::span<const std::string> known) {
  const std::string meant = plain(word);
  if (meant.empty() || meant.size() > longest_compared) return {};
  std::string best;
  std::size_t least = std::max<std::size_t>(1, meant.size() / 3) + 1;
  for (const auto& name : known) {
    const std::string candidate = plain(name);
    const std::size_t cost = detail::edit_distance(meant, candidate);
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

std::string shown(std::string_view value) {
  std::string text = redact_secrets(value);
  if (text.size() > longest_shown) {
    std::size_t end = longest_shown;
    // Not within a letter of several bytes.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end) + "…";
  }
  return "\"" + text + "\"";
}

std::string any_of(std::span<const std::string> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace leat::cli
