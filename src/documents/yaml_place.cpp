#include <algorithm>

#include "documents/yaml_events.hpp"

namespace leat::documents_detail {
namespace {

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (text[at] == '#' && at > 0 &&
        std::string_view(" \t\r\n").find(text[at - 1]) != std::string_view::npos) {
      at = std::min(text.find('\n', at), text.size());
    } else if (std::string_view(" \t\r\n").find(text[at]) == std::string_view::npos) {
      break;
    } else {
      ++at;
    }
  }
  return at;
}

std::size_t end_of_quoted(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t at = begin + 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      const bool is_doubled = quote == '\'' && at + 1 < text.size() && text[at + 1] == quote;
      if (!is_doubled) return at + 1;
      ++at;
    }
  }
  return text.size();
}

}  // namespace

std::size_t content_offset(std::string_view text, std::size_t offset) {
  while (offset < text.size() && (text[offset] == '&' || text[offset] == '!')) {
    const std::size_t end = std::min(text.find_first_of(" \t\r\n,[]{}", offset), text.size());
    offset = after_blanks(text, end);
  }
  return std::min(offset, text.size());
}

std::size_t scalar_length(std::string_view text, std::size_t begin, std::string_view value, bool quoted) {
  if (begin >= text.size()) return 0;
  if (quoted && (text[begin] == '"' || text[begin] == '\'')) return end_of_quoted(text, begin) - begin;
  if (quoted) return 1;
  if (text.substr(begin).starts_with(value)) return value.size();
  const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
  std::string_view line = text.substr(begin, end - begin);
  line = line.substr(0, line.find(" #"));
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line.size();
}

}  // namespace leat::documents_detail
