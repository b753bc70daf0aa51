#include "jobs/tables/name_part.hpp"

#include <algorithm>
#include <utility>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {

std::string NamePart::captured(std::string_view name) const {
  if (stars == 0 || name.size() < before.size() + after.size()) return {};
  return std::string(name.substr(before.size(), name.size() - before.size() - after.size()));
}

std::string NamePart::with(std::string_view text) const {
  return stars == 0 ? before : before + std::string(text) + after;
}

std::vector<NamePart> name_parts(std::string_view text) {
  std::vector<NamePart> parts(1);
  bool quoted = false;
  bool has_letters = false;
  const auto fail = [&text](const char* what) {
    throw Error(ErrorKind::config, std::string(text) + " " + what,
                {.hint = "write schema.table, in double quotes where letters are upper case"});
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    NamePart& part = parts.back();
    std::string& side = part.stars == 0 ? part.before : part.after;
    if (c == '"') {
      const bool doubled = quoted && i + 1 < text.size() && text[i + 1] == '"';
      if (doubled) {
        side += text[++i];
      } else {
        quoted = !quoted;
      }
      continue;
    }
    if (!quoted && c == '.') {
      if (!has_letters) fail("lacks a name");
      has_letters = false;
      parts.emplace_back();
      continue;
    }
    has_letters = true;
    if (!quoted && c == '*') {
      ++part.stars;
    } else if (!quoted && c == '?') {
      ++part.questions;
    } else {
      side += !quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  if (quoted) fail("has a double quote that is not closed");
  if (!has_letters) fail("lacks a name");
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::optional<std::pair<std::string, std::string>> split_column(std::string_view text) {
  bool quoted = false;
  std::size_t dot = std::string_view::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '.' && !quoted) dot = i;
  }
  if (dot == std::string_view::npos) return std::nullopt;
  return std::pair(std::string(text.substr(0, dot)), std::string(text.substr(dot + 1)));
}

}  // namespace leat::jobs_detail
