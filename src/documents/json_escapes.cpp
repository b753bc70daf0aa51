#include "documents/json_escapes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <iterator>

namespace leat::documents_detail {
namespace {

constexpr std::size_t escape_length = 6;

/// The number of an escape `\uXXXX`, or zero.
unsigned escaped_at(std::string_view text, std::size_t at) {
  const std::string_view escape = text.substr(std::min(at, text.size()), escape_length);
  if (escape.size() < escape_length || !escape.starts_with("\\u")) return 0;
  unsigned number = 0;
  const auto [end, failure] = std::from_chars(escape.data() + 2, escape.data() + escape_length, number, 16);
  return failure == std::errc{} && end == escape.data() + escape_length ? number : 0;
}

bool looks_like_json(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[');
}

}  // namespace

std::size_t ParserText::original(std::size_t offset) const {
  const auto after = std::upper_bound(shorter.begin(), shorter.end(), offset,
                                      [](std::size_t at, const auto& one) { return at < one.first; });
  return offset + (after == shorter.begin() ? 0 : std::prev(after)->second);
}

ParserText parser_text(std::string_view document) {
  ParserText out;
  if (!looks_like_json(document)) {
    out.text = document;
    return out;
  }
  bool quoted = false;
  std::size_t missing = 0;
  for (std::size_t at = 0; at < document.size();) {
    const char c = document[at];
    if (c == '"') quoted = !quoted;
    if (!quoted || c != '\\') {
      out.text += c;
      ++at;
      continue;
    }
    const unsigned high = escaped_at(document, at);
    const unsigned low = escaped_at(document, at + escape_length);
    if (high >= 0xD800 && high < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
      std::array<char, 16> escape{};
      std::snprintf(escape.data(), escape.size(), "\\U%08x",
                    0x10000U + ((high - 0xD800U) << 10U) + (low - 0xDC00U));
      out.text += escape.data();
      at += 2 * escape_length;
      missing += 2;
      out.shorter.emplace_back(out.text.size(), missing);
      continue;
    }
    out.text += document.substr(at, 2);
    at += 2;
  }
  return out;
}

}  // namespace leat::documents_detail
