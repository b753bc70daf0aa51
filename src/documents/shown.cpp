#include "documents/shown.hpp"

#include "leat/core/detail/characters.hpp"

namespace leat::documents_detail {
namespace {

constexpr std::size_t longest_shown = 60;

/// What stands between the user and the host of a URI.
std::string without_passwords(std::string_view value) {
  const std::size_t begin = value.find("://");
  const std::size_t host = value.rfind('@');
  if (begin == std::string_view::npos || host == std::string_view::npos || host < begin) {
    return std::string(value);
  }
  const std::size_t colon = value.find(':', begin + 3);
  if (colon > host) return std::string(value);
  return std::string(value.substr(0, colon + 1)) + "***" + std::string(value.substr(host));
}

}  // namespace

std::string shown(std::string_view value) {
  std::string text;
  std::size_t characters = 0;
  for (const char c : without_passwords(value)) {
    if (detail::begins_character(c) && ++characters > longest_shown) {
      text += "…";
      break;
    }
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else {
      text += c;
    }
  }
  return "\"" + text + "\"";
}

}  // namespace leat::documents_detail
