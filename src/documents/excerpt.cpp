#include "documents/excerpt.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "leat/core/detail/characters.hpp"

namespace leat::documents_detail {
namespace {

// Characters of a line that are shown on each side of the place.
constexpr std::size_t shown_around = 60;
constexpr std::size_t number_width = 5;

/// Which bytes of a line are not shown.
using Covered = std::vector<bool>;

/// The characters of a line, those that are covered as stars.
std::vector<std::string> characters_of_line(std::string_view line, const Covered& covered) {
  std::vector<std::string> characters;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!detail::begins_character(line[i]) && !characters.empty()) {
      if (characters.back() != "*") characters.back() += line[i];
    } else if (covered[i]) {
      characters.emplace_back("*");
    } else {
      characters.emplace_back(1, line[i] == '\t' ? ' ' : line[i]);
    }
  }
  // Bytes that are no character would not be printed.
  for (auto& character : characters) {
    const auto first = static_cast<unsigned char>(character.front());
    const std::size_t bytes = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (character.size() != bytes || (first >= 0x80 && first < 0xC2) || first > 0xF4) character = "?";
  }
  return characters;
}

bool is_in_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string lowered(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

void cover(Covered& covered, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, covered.size()); ++i) covered[i] = true;
}

/// In a URI: what stands between the user and the host.
void cover_uris(std::string_view line, Covered& covered) {
  for (std::size_t at = line.find("://"); at != std::string::npos; at = line.find("://", at + 1)) {
    const std::size_t end = std::min(line.find_first_of(" \t\"'", at), line.size());
    const std::size_t host = line.substr(0, end).rfind('@');
    if (host == std::string::npos || host < at + 3) continue;
    const std::size_t colon = line.find(':', at + 3);
    if (colon < host) cover(covered, colon + 1, host);
  }
}

/// What follows a word such as "password", but for references.
void cover_passwords(std::string_view line, Covered& covered) {
  constexpr std::array<std::string_view, 6> words{"password", "passwd", "secret", "token", "pwd", "salt"};
  const std::string lower = lowered(line);
  for (const auto word : words) {
    for (std::size_t at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      std::size_t next = at + word.size();
      while (next < line.size() && (is_in_word(line[next]) || line[next] == '"' || line[next] == '\''))
        ++next;
      while (next < line.size() && line[next] == ' ') ++next;
      if (next >= line.size() || (line[next] != ':' && line[next] != '=')) continue;
      ++next;
      while (next < line.size() && line[next] == ' ') ++next;
      const bool opens = next < line.size() && (line[next] == '"' || line[next] == '\'');
      const std::size_t begin = next + (opens ? 1 : 0);
      if (line.substr(begin).starts_with("${")) continue;
      const std::size_t end = opens ? std::min(line.find(line[next], begin), line.size()) : line.size();
      cover(covered, begin, end);
    }
  }
}

}  // namespace

std::string excerpt(const Place& place, std::span<const Place> hidden) {
  if (!place.source || place.line == 0) return {};
  const std::string_view text = place.source->line(place.line);
  Covered covered(text.size());
  cover_uris(text, covered);
  cover_passwords(text, covered);
  auto characters = characters_of_line(text, covered);
  for (const auto& one : hidden) {
    if (one.source != place.source || one.line != place.line) continue;
    for (std::size_t i = one.column - 1; i < std::min(one.column - 1 + one.length, characters.size()); ++i) {
      characters[i] = "*";
    }
  }
  const std::size_t at = std::min(place.column - 1, characters.size());
  std::size_t begin = 0;
  std::size_t end = characters.size();
  const bool cuts_begin = at > 2 * shown_around;
  if (cuts_begin) begin = at - shown_around;
  const bool cuts_end = end > std::max(at, std::size_t{1}) + 2 * shown_around;
  if (cuts_end) end = at + 2 * shown_around;
  std::string number = std::to_string(place.line);
  number.insert(0, number.size() < number_width ? number_width - number.size() : 0, ' ');
  std::string line = number + " | " + (cuts_begin ? "..." : "");
  std::string marks(number.size(), ' ');
  marks += " | ";
  marks.append((cuts_begin ? 3 : 0) + at - begin, ' ');
  for (std::size_t i = begin; i < end; ++i) line += characters[i];
  marks += '^';
  const std::size_t most = std::max(end, at + 1) - at;
  marks.append(std::min(std::max<std::size_t>(place.length, 1), most) - 1, '~');
  return line + (cuts_end ? "...\n" : "\n") + marks + "\n";
}

}  // namespace leat::documents_detail
