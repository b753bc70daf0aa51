#include "cli/option_words.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace leat::cli {
namespace {

// Names that are no words of English, wherever they stand.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> fields{{
    {"to_schema", "--to-schema"},
    {"rename_tables", "--rename-table"},
    {"exclude_columns", "--exclude-columns"},
    {"max_rejects", "--max-rejects"},
    {"batch_bytes", "--batch-bytes"},
    {"on_lost_snapshot", "--on-lost-snapshot"},
    {"into_view", "--into-view"},
    {"before_load", "--before-sql"},
    {"before_commit", "--after-sql"},
    {"large_objects", "--large-objects"},
    {"target_where", "--target-where"},
    {"limits.connect_timeout", "--connect-timeout"},
    {"limits.silence_timeout", "--silence-timeout"},
    {"limits.lock_timeout", "--lock-timeout"},
    {"limits.statement_timeout", "--statement-timeout"},
}};

// Names that are words, too: only with what is said of them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> phrases{{
    {"map names", "--map names"},
    {"map gives", "--map gives"},
    {"memory must be", "--memory must be"},
    {"memory of ", "--memory of "},
    {"rejects says", "--rejects says"},
    {"readers must lie", "--readers must lie"},
    {"writers must lie", "--writers must lie"},
    {"jobs must lie", "--jobs must lie"},
    {"job may have", "--job may have"},
    {"include names no", "--include names no"},
    {"exclude leaves no", "--exclude leaves no"},
    {"from names no", "--from names no"},
    {"to names no", "--to names no"},
    {"rename names the", "--rename names the"},
    {"sql is empty", "--sql is empty"},
    {"give a value for each :name", "give one --param name=value for each :name"},
}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

}  // namespace

std::string in_words_of_options(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    std::pair<std::string_view, std::string_view> found;
    if (!quoted && (i == 0 || !is_letter(text[i - 1]))) {
      for (const auto& field : fields) {
        if (!rest.starts_with(field.first)) continue;
        const bool ends = rest.size() == field.first.size() || !is_letter(rest[field.first.size()]);
        if (ends) found = field;
      }
      for (const auto& phrase : phrases) {
        if (rest.starts_with(phrase.first)) found = phrase;
      }
    }
    if (text[i] == '"') quoted = !quoted;
    out += found.first.empty() ? text.substr(i, 1) : found.second;
    i += found.first.empty() ? 1 : found.first.size();
  }
  return out;
}

Error in_words_of_options(const Error& error) {
  if (error.kind() != ErrorKind::config) return error;
  return error.with_message(in_words_of_options(std::string_view(error.what())))
      .with_hint(in_words_of_options(error.hint()));
}

}  // namespace leat::cli
