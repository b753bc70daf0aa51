#include "documents/text_place.hpp"

#include <string_view>

#include "leat/core/detail/characters.hpp"

namespace leat::documents_detail {
namespace {

/// Where in its line a place begins.
std::size_t byte_of_column(const Place& place) {
  const std::string_view line = place.source->line(place.line);
  std::size_t left = place.column;
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    if (detail::begins_character(line[at]) && --left == 0) break;
  }
  return at;
}

}  // namespace

Place place_in_text(const Node& scalar, std::size_t character) {
  const Place& whole = scalar.place;
  if (!whole.source || whole.line == 0 || scalar.kind != NodeKind::scalar || scalar.substituted ||
      character == 0) {
    return whole;
  }
  // Each line of the text stands in a line of its own, in this order; a block's begin behind its `|`.
  std::string_view rest = scalar.text;
  std::size_t line = whole.line;
  std::size_t left = character;
  for (;;) {
    const std::size_t end = rest.find('\n');
    const std::string_view text = rest.substr(0, end);
    std::size_t at = std::string_view::npos;
    std::size_t from = line == whole.line ? byte_of_column(whole) : 0;
    for (; line <= whole.source->lines(); ++line, from = 0) {
      at = whole.source->line(line).find(text, from);
      if (at != std::string_view::npos) break;
      // A scalar on one line stands there, or not as it is.
      if (end == std::string_view::npos && rest.size() == scalar.text.size() && !scalar.quoted) return whole;
    }
    if (at == std::string_view::npos) return whole;
    const std::size_t length = detail::characters_in(text);
    if (left <= length + 1 || end == std::string_view::npos) {
      const std::size_t before = detail::characters_in(whole.source->line(line).substr(0, at));
      return {.source = whole.source, .line = line, .column = before + left, .length = 1};
    }
    left -= length + 1;
    rest.remove_prefix(end + 1);
    ++line;
  }
}

}  // namespace leat::documents_detail
