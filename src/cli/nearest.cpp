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

}  // namespace leat::cli
