#include "documents/text_faults.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "leat/core/bytes.hpp"

namespace leat::documents_detail {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< zero: these bytes are no character
};

Character character_at(std::string_view text, std::size_t at) {
  const std::uint32_t first = byte_at(text, at);
  if (first < 0x80) return {.code = first, .bytes = 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return {};
  std::uint32_t code = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const std::uint32_t next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U) return {};
    code = code << 6U | (next & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[bytes] || code > 0x10FFFF || is_surrogate) return {};
  return {.code = code, .bytes = bytes};
}

/// Those that YAML allows: the parser takes some of the others for the end of the text.
bool is_allowed(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0x7F && !(code > 0x7F && code < 0xA0 && code != 0x85) && code != 0xFEFF && code != 0xFFFE &&
         code != 0xFFFF;
}

std::string code_name(const char* form, std::uint32_t code) {
  std::array<char, 16> name{};
  std::snprintf(name.data(), name.size(), form, code);
  return name.data();
}

}  // namespace

std::optional<Diagnostic> text_fault(const std::shared_ptr<const SourceText>& source) {
  const std::string_view text = source->text();
  if (text.size() > SourceText::most_bytes) {
    return Diagnostic{.place = {.source = source},
                      .code = "too-large",
                      .message = "the document is longer than " +
                                 format_bytes(ByteCount{SourceText::most_bytes}) + ", which is the most"};
  }
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (character.bytes == 0) {
      return Diagnostic{.place = place_at(source, at, 1),
                        .code = "not-utf8",
                        .message = "the byte " + code_name("0x%02X", byte_at(text, at)) +
                                   " is no text of UTF-8, in which documents are written",
                        .hint = "save the file as UTF-8"};
    }
    if (!is_allowed(character.code)) {
      return Diagnostic{
          .place = place_at(source, at, character.bytes),
          .code = "control-character",
          .message = "the character " + code_name("U+%04X", character.code) + " may not stand in a document",
          .hint = "in double quotes it is written as \\u" + code_name("%04X", character.code)};
    }
    at += character.bytes;
  }
  return std::nullopt;
}

}  // namespace leat::documents_detail
