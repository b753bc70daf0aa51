#include "leat/postgres/session/detail/own_sql.hpp"

#include "leat/core/detail/characters.hpp"

namespace leat::postgres_detail {
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

Error in_own_query(const Error& error, const ParameterizedSql& query, std::span<const std::string> texts,
                   const std::string& own_sql) {
  if (error.position() == 0) return error.in_sql(own_sql, 0);
  const std::size_t wanted = byte_of(query.with(texts), error.position());
  // Where the SQL behind the last parameter before the error begins, there and in the user's own.
  std::size_t behind = 0;
  std::size_t own_behind = 0;
  std::size_t own = 0;
  std::size_t grown = 0;  // by so much the texts are longer than "$1", modulo 2^n
  for (const auto& place : query.places) {
    const std::size_t at = place.at + grown;
    if (wanted < at) break;
    const std::string& text = texts[place.name];
    own = place.own;
    behind = at + text.size();
    own_behind = place.own + 1 + query.names[place.name].size();
    grown += text.size() - 1 - std::to_string(place.name + 1).size();
  }
  if (wanted >= behind) own = own_behind + (wanted - behind);
  return error.in_sql(own_sql, characters_in(std::string_view(own_sql).substr(0, own)) + 1);
}

}  // namespace leat::postgres_detail
