#include "cli/column_lists.hpp"

#include <algorithm>
#include <utility>

#include "cli/nearest.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {

std::map<std::string, std::string> split_assignments(const std::vector<std::string>& texts,
                                                     const std::string& option) {
  std::map<std::string, std::string> values;
  for (const auto& text : texts) {
    bool quoted = false;
    const auto equals = std::find_if(text.begin(), text.end(), [&quoted](char c) {
      if (c == '"') quoted = !quoted;
      return c == '=' && !quoted;
    });
    const std::string left(text.begin(), equals);
    const auto names = left.empty() ? std::vector<std::string>() : split_columns(left);
    if (names.size() != 1 || equals == text.end() || equals + 1 == text.end()) {
      throw Error(ErrorKind::config, option + " takes column=value, not " + shown(text));
    }
    if (!values.emplace(names.front(), std::string(equals + 1, text.end())).second) {
      throw Error(ErrorKind::config, option + " names the column " + left + " twice");
    }
  }
  return values;
}

std::map<std::string, std::string> split_renames(const std::vector<std::string>& texts) {
  auto renames = split_assignments(texts, "--rename");
  for (auto& [from, to] : renames) {
    const auto names = split_columns(to);
    if (names.size() != 1)
      throw Error(ErrorKind::config, "--rename takes one column for another, not " + shown(to));
    to = names.front();
  }
  return renames;
}

}  // namespace leat::cli
