#include "jobs/options/own_sql.hpp"

#include <cctype>

#include "leat/core/detail/characters.hpp"

namespace leat::jobs_detail {
namespace {

using detail::begins_character;
using detail::characters_in;

/// The byte at which a character stands that is counted from 1.
std::size_t byte_of(std::string_view text, std::size_t character) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (begins_character(text[at]) && --character == 0) break;
  }
  return at;
}

bool continues_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

/// The server quotes a string or a comment that is not closed up to the end of the statement: the message
/// with the user's own part of it, which begins at that character of `own_sql`.
std::string in_own_words(const std::string& message, const std::string& own_sql, std::size_t character) {
  const std::string rest = own_sql.substr(byte_of(own_sql, character));
  const std::string quoted = "\"" + rest + "\n";
  const std::size_t at = rest.empty() ? std::string::npos : message.find(quoted);
  return at == std::string::npos ? message : message.substr(0, at) + "\"" + rest + "\"";
}

}  // namespace

Error in_own_sql(const Error& error, std::string_view statement, const std::string& own_sql) {
  constexpr const char* syntax_error = "42601";
  const std::string lines = "\n" + own_sql + "\n";
  const std::size_t length = characters_in(own_sql);
  const std::size_t position = error.position();
  const std::size_t first = statement.find(lines);
  if (position == 0 || first == std::string_view::npos) return error.in_sql(own_sql, 0);
  for (std::size_t at = first; at != std::string_view::npos; at = statement.find(lines, at + 1)) {
    const std::size_t before = characters_in(statement.substr(0, at + 1));
    if (position <= before || position > before + length) continue;
    const std::size_t own = position - before;
    return error.with_message(in_own_words(error.what(), own_sql, own)).in_sql(own_sql, own);
  }
  const bool is_behind = position > characters_in(statement.substr(0, first + 1)) + length;
  if (!is_behind || error.sqlstate() != syntax_error) return error.in_sql(own_sql, 0);
  return error.with_message("syntax error at end of input").in_sql(own_sql, length + 1);
}

Error in_own_query(const Error& error, std::string_view numbered, const std::string& own_sql) {
  if (error.position() == 0) return error.in_sql(own_sql, 0);
  const std::size_t wanted = byte_of(numbered, error.position());
  std::size_t own = 0;
  for (std::size_t at = 0; at < wanted && own < own_sql.size();) {
    if (own_sql[own] == numbered[at]) {
      ++own;
      ++at;
      continue;
    }
    // Only a parameter differs: ":name" for "$1".
    for (++at; at < numbered.size() && std::isdigit(static_cast<unsigned char>(numbered[at])) != 0;) ++at;
    for (++own; own < own_sql.size() && continues_word(own_sql[own]);) ++own;
  }
  return error.in_sql(own_sql, characters_in(std::string_view(own_sql).substr(0, own)) + 1);
}

}  // namespace leat::jobs_detail
