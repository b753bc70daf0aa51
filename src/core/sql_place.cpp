#include "core/sql_place.hpp"

#include <vector>

#include "leat/core/detail/characters.hpp"

namespace leat::detail {
namespace {

// Characters of a line that are shown on each side of the place.
constexpr std::size_t shown_around = 40;

/// The characters of UTF-8 text, each as its bytes.
std::vector<std::string> characters_of(std::string_view text) {
  std::vector<std::string> characters;
  for (const char c : text) {
    if (begins_character(c) || characters.empty()) characters.emplace_back();
    characters.back() += c == '\t' || c == '\r' ? ' ' : c;
  }
  return characters;
}

}  // namespace

std::string sql_place_text(std::string_view sql, std::size_t position) {
  const auto characters = characters_of(sql);
  if (position == 0 || position > characters.size() + 1) return {};
  const std::size_t place = position - 1;
  std::size_t number = 1;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < place; ++i) {
    if (characters[i] != "\n") continue;
    ++number;
    begin = i + 1;
  }
  std::size_t end = place;
  while (end < characters.size() && characters[end] != "\n") ++end;
  const bool cuts_begin = place - begin > shown_around;
  const bool cuts_end = end - place > shown_around;
  if (cuts_begin) begin = place - shown_around;
  if (cuts_end) end = place + shown_around;
  std::string line = "  line " + std::to_string(number) + ": " + (cuts_begin ? "..." : "");
  const std::string indent(line.size() + place - begin, ' ');
  for (std::size_t i = begin; i < end; ++i) line += characters[i];
  return line + (cuts_end ? "...\n" : "\n") + indent + "^\n";
}

}  // namespace leat::detail
