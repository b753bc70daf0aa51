#include "cli/nearest.hpp"

#include "leat/postgres/session/connection_target.hpp"

namespace leat::cli {
namespace {

constexpr std::size_t longest_shown = 60;

}  // namespace

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
