#include "postgres/session/statement_text.hpp"

#include <algorithm>
#include <cctype>

namespace leat::postgres_detail {
namespace {

constexpr std::size_t longest_statement = 4000;

bool is_name_letter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

/// Behind the quote that ends what begins at `at`, or the end of the text.
std::size_t after_quoted(std::string_view sql, std::size_t at, bool has_escapes) {
  const char quote = sql[at++];
  while (at < sql.size()) {
    if (has_escapes && sql[at] == '\\') {
      at += 2;
    } else if (sql[at] != quote) {
      ++at;
    } else if (at + 1 < sql.size() && sql[at + 1] == quote) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  return sql.size();
}

/// "$tag$" at that place, or "".
std::string_view dollar_tag(std::string_view sql, std::size_t at) {
  if (at > 0 && is_name_letter(sql[at - 1])) return {};
  std::size_t end = at + 1;
  while (end < sql.size() && is_name_letter(sql[end])) ++end;
  const bool is_tag = end < sql.size() && sql[end] == '$' &&
                      (end == at + 1 || std::isdigit(static_cast<unsigned char>(sql[at + 1])) == 0);
  return is_tag ? sql.substr(at, end + 1 - at) : std::string_view();
}

}  // namespace

std::string statement_text(std::string_view sql) {
  constexpr std::string_view hidden = "'…'";
  std::string out;
  std::size_t at = 0;
  while (at < sql.size() && out.size() < longest_statement) {
    const char c = sql[at];
    if (c == '\'') {
      const bool has_escapes =
          at > 0 && (sql[at - 1] == 'E' || sql[at - 1] == 'e') && (at < 2 || !is_name_letter(sql[at - 2]));
      at = after_quoted(sql, at, has_escapes);
      out += hidden;
    } else if (c == '"') {
      const std::size_t end = after_quoted(sql, at, false);
      out += sql.substr(at, end - at);
      at = end;
    } else if (c == '$' && !dollar_tag(sql, at).empty()) {
      const auto tag = dollar_tag(sql, at);
      const auto end = sql.find(tag, at + tag.size());
      at = end == std::string_view::npos ? sql.size() : end + tag.size();
      out += hidden;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const auto end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      ++at;
    } else {
      out += c;
      ++at;
    }
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  // Not within a letter of several bytes.
  if (at < sql.size()) {
    while (at < sql.size() && (static_cast<unsigned char>(sql[at]) & 0xC0U) == 0x80U) out += sql[at++];
    out += "…";
  }
  return out;
}

}  // namespace leat::postgres_detail
