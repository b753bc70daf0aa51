#include "postgres/catalog/pattern_meant.hpp"

#include <string_view>

namespace leat::postgres_detail {
namespace {

/// What SQL takes as it is, without double quotes.
bool is_lower_case_word(std::string_view letters) {
  return letters.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// The pattern with its letters as they are, in double quotes where they need them. Dots within
/// quotes stay in them; of * and ? within quotes the caller says whether they do.
std::string with_letters_quoted(std::string_view text, bool keeps_quoted) {
  std::string result;
  std::string letters;
  const auto end_letters = [&] {
    result += is_lower_case_word(letters) ? letters : '"' + letters + '"';
    letters.clear();
  };
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_wildcard = (c == '*' || c == '?') && !(quoted && keeps_quoted);
    if (c == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"') {
      letters += "\"\"";
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (is_wildcard || (c == '.' && !quoted)) {
      end_letters();
      result += c;
    } else {
      letters += c;
    }
  }
  end_letters();
  return result;
}

}  // namespace

std::string pattern_meant(const TablePattern& pattern,
                          const std::function<bool(const TablePattern&)>& matches) {
  for (const bool keeps_quoted : {true, false}) {
    const std::string text = with_letters_quoted(pattern.text(), keeps_quoted);
    if (matches(TablePattern::parse(text))) return text;
  }
  return {};
}

}  // namespace leat::postgres_detail
