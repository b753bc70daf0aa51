#include "leat/postgres/session/detail/column_names.hpp"

#include "leat/core/detail/characters.hpp"
#include "leat/core/error.hpp"

namespace leat::detail {
namespace {

std::string in_quotes(const std::string& text) {
  constexpr std::size_t longest = 60;
  std::string shown = text.substr(0, longest);
  if (shown.size() < text.size()) {
    // Not within a letter of several bytes.
    while (!shown.empty() && !begins_character(text[shown.size()])) shown.pop_back();
    shown += "…";
  }
  return "\"" + shown + "\"";
}

}  // namespace

std::vector<std::string> split_columns(const std::string& text) {
  std::vector<std::string> names;
  std::size_t i = 0;
  while (i <= text.size() && !text.empty()) {
    std::string name;
    bool quoted = false;
    bool was_quoted = false;
    for (; i < text.size() && (quoted || text[i] != ','); ++i) {
      const char c = text[i];
      if (c == '"') {
        if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
          name += text[++i];
        } else {
          quoted = !quoted;
          was_quoted = true;
        }
      } else if (quoted) {
        name += c;
      } else if (c != ' ') {
        name += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    if (quoted) throw Error(ErrorKind::config, "a double quote is not closed in " + in_quotes(text));
    if (name.empty() && !was_quoted)
      throw Error(ErrorKind::config, "a column's name is missing in " + in_quotes(text));
    names.push_back(std::move(name));
    if (i >= text.size()) break;
    ++i;
    if (i == text.size()) throw Error(ErrorKind::config, "a column's name is missing in " + in_quotes(text));
  }
  return names;
}

}  // namespace leat::detail
