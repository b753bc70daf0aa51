#include "documents/sql_tokens.hpp"

#include <algorithm>

namespace leat::documents_detail {
namespace {

bool is_word_begin(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Behind a text in quotes that begins at `at`; npos if it is not closed. A quote within is written twice.
std::size_t behind_quotes(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] != quote) continue;
    if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
    ++i;
  }
  return std::string_view::npos;
}

std::size_t length_of_word(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_word_begin(text[end]) || is_digit(text[end]) || text[end] == '$')) ++end;
  return end - at;
}

std::size_t length_of_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) ++end;
  const bool has_exponent =
      end + 1 < text.size() && (text[end] == 'e' || text[end] == 'E') && is_digit(text[end + 1]);
  if (has_exponent) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  return end - at;
}

std::size_t length_of_sign(std::string_view text, std::size_t at) {
  constexpr std::string_view alone = "()[],;.";
  if (alone.find(text[at]) != std::string_view::npos) return 1;
  std::size_t end = at;
  constexpr std::string_view others = " \t\r\n()[],;.'\"";
  while (end < text.size() && others.find(text[end]) == std::string_view::npos && !is_word_begin(text[end]) &&
         !is_digit(text[end])) {
    ++end;
  }
  // "= -1": a sign of a number is none of the operator's.
  while (end - at > 1 && (text[end - 1] == '-' || text[end - 1] == '+')) --end;
  return end - at;
}

}  // namespace

bool SqlToken::is_word(std::string_view lower) const {
  return kind == Kind::word && in_lower_case(text) == lower;
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::optional<std::vector<SqlToken>> sql_tokens(std::string_view text) {
  using Kind = SqlToken::Kind;
  std::vector<SqlToken> tokens;
  std::string open;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
      continue;
    }
    if (text.substr(at).starts_with("--")) {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (text.substr(at).starts_with("/*")) {
      const std::size_t end = text.find("*/", at + 2);
      if (end == std::string_view::npos) return std::nullopt;
      at = end + 2;
      continue;
    }
    SqlToken token{.begin = at};
    std::size_t length = 1;
    if (c == '\'' || c == '"') {
      const std::size_t end = behind_quotes(text, at);
      if (end == std::string_view::npos) return std::nullopt;
      token.kind = c == '\'' ? Kind::text : Kind::name;
      length = end - at;
    } else if (is_word_begin(c)) {
      token.kind = Kind::word;
      length = length_of_word(text, at);
    } else if (is_digit(c) || (c == '.' && at + 1 < text.size() && is_digit(text[at + 1]))) {
      token.kind = Kind::number;
      length = length_of_number(text, at);
    } else {
      length = length_of_sign(text, at);
      if (c == '(' || c == '[') open += c;
      if (c == ')' || c == ']') {
        if (open.empty() || open.back() != (c == ')' ? '(' : '[')) return std::nullopt;
        open.pop_back();
      }
    }
    token.text = text.substr(at, length);
    tokens.push_back(token);
    at += length;
  }
  if (!open.empty()) return std::nullopt;
  return tokens;
}

}  // namespace leat::documents_detail
