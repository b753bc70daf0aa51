#include "documents/yaml_scalar.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace leat::documents_detail {
namespace {

constexpr std::size_t longest_in_line = 60;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The number of the character that begins at `at`, and how many bytes it has.
std::pair<std::uint32_t, std::size_t> yaml_character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (size == 1 || at + size > text.size()) return {first, 1};
  std::uint32_t number = first & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) number = (number << 6U) | (byte(at + i) & 0x3FU);
  return {number, size};
}

/// Characters that a document may have as they are, on one line.
bool is_plain_character(std::uint32_t character) {
  if (character < 0x20 || character == 0x7F) return false;
  if (character >= 0x80 && character < 0xA0) return false;
  return character != 0x2028 && character != 0x2029 && character != 0xFEFF && character < 0xFFFE;
}

/// Of those, and of a text of several lines.
bool has_only_plain(std::string_view text, bool lines) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [character, size] = yaml_character_at(text, at);
    const bool in_lines = lines && (character == '\n' || character == '\t');
    if (!in_lines && character < 0x10000 && !is_plain_character(character)) return false;
    at += size;
  }
  return true;
}

/// What readers of YAML 1.1 take for something else.
bool is_word_of_old(std::string_view text) {
  static constexpr std::array<std::string_view, 5> words{"yes", "no", "on", "off", "<<"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return std::find(words.begin(), words.end(), lower) != words.end();
}

bool is_safe_without_quotes(std::string_view text, ScalarPlace place) {
  if (text.empty() || text.back() == ' ' || text.back() == ':' || is_word_of_old(text)) return false;
  const char first = text.front();
  if (!is_letter(first) && first != '_' && first != '/' && first != '(' && first != '$') return false;
  if (!has_only_plain(text, false)) return false;
  Node plain;
  plain.text = text;
  if (scalar_type(plain) != ScalarType::text) return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  return place == ScalarPlace::block || text.find_first_of(",[]{}:?\"'") == std::string_view::npos;
}

std::string escaped(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const auto [character, size] = yaml_character_at(text, at);
    if (character == '"' || character == '\\') {
      out += '\\';
      out += static_cast<char>(character);
    } else if (character == '\n') {
      out += "\\n";
    } else if (character == '\t') {
      out += "\\t";
    } else if (character < 0x10000 && !is_plain_character(character)) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04X", character);
      out += code.data();
    } else {
      out += text.substr(at, size);
    }
    at += size;
  }
  return out + "\"";
}

}  // namespace

const std::string& written_text(const Node& scalar) {
  return scalar.written.empty() ? scalar.text : scalar.written;
}

std::string yaml_text(std::string_view text, ScalarPlace place) {
  if (is_safe_without_quotes(text, place)) return std::string(text);
  const bool has_signs = text.find_first_of("\"\\") != std::string_view::npos;
  if (!has_signs || text.find('\'') != std::string_view::npos || !has_only_plain(text, false)) {
    return escaped(text);
  }
  return "'" + std::string(text) + "'";
}

std::string yaml_scalar(const Node& scalar, ScalarPlace place) {
  const std::string& text = written_text(scalar);
  const ScalarType type = scalar_type(scalar);
  if (type == ScalarType::null) return "null";
  if (type != ScalarType::text) return text;
  return yaml_text(text, place);
}

bool suits_block(const Node& scalar) {
  if (scalar.kind != NodeKind::scalar || scalar_type(scalar) != ScalarType::text) return false;
  const std::string_view text = written_text(scalar);
  const bool has_lines = text.find('\n') != std::string_view::npos;
  const bool is_long = text.size() > longest_in_line && text.find(' ') != std::string_view::npos;
  if (!has_lines && !is_long) return false;
  if (text.ends_with("\n\n") || !has_only_plain(text, true)) return false;
  // A line of blanks, or one that begins with them, could be taken for indentation.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with('\t') || (at == 0 && (line.empty() || line.front() == ' '))) return false;
    if (!line.empty() && line.find_first_not_of(" \t") == std::string_view::npos) return false;
    at = end + 1;
  }
  return true;
}

}  // namespace leat::documents_detail
