// Records of the log as text.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "leat/core/log.hpp"

namespace leat {
namespace {

/// The bytes of the UTF-8 character with which the text begins; 0 if it begins with none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80   ? 1
                             : byte(0) < 0xc2 ? 0
                             : byte(0) < 0xe0 ? 2
                             : byte(0) < 0xf0 ? 3
                             : byte(0) < 0xf5 ? 4
                                              : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
  }
  // Neither too long a form, nor a surrogate, nor beyond the last character.
  const bool is_none = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xed && byte(1) > 0x9f) ||
                       (byte(0) == 0xf0 && byte(1) < 0x90) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return length > 1 && is_none ? 0 : length;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_bytes(text.substr(at));
    if (length != 1) {
      out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, length);
      at += std::max<std::size_t>(length, 1);
      continue;
    }
    const char c = text[at++];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

/// As one line that cannot steer a terminal: what ends a line or controls is written as in JSON.
std::string one_line(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::size_t length = character_bytes(rest);
    const std::string_view character = rest.substr(0, std::max<std::size_t>(length, 1));
    at += character.size();
    // U+0080 to U+009F control, and U+2028 and U+2029 end a line.
    const bool is_control = length == 2 && character[0] == '\xc2' && character[1] <= '\x9f';
    const bool is_line_end = character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9";
    if (length == 0 || (length == 1 && static_cast<unsigned char>(character[0]) < 0x20)) {
      const std::string quoted = json_string(character);
      out.append(quoted, 1, quoted.size() - 2);
    } else if (character[0] == 0x7f) {
      out += "\\u007f";
    } else if (is_control) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(character[1])));
    } else if (is_line_end) {
      out += character[2] == '\xa8' ? "\\u2028" : "\\u2029";
    } else {
      out += character;
    }
  }
  return out;
}

std::string number_text(bool value) {
  return value ? "true" : "false";
}
std::string number_text(std::int64_t value) {
  return std::to_string(value);
}
std::string number_text(std::uint64_t value) {
  return std::to_string(value);
}
std::string number_text(double value) {
  // JSON has no others.
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

/// A text that has spaces or quotes, or of which something is escaped, stands in quotes.
std::string word_text(std::string_view text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != '"' && c != '=' && c != '\\';
  });
  const std::string line = one_line(text);
  return is_plain && line == text ? line : one_line(json_string(text));
}

std::string value_text(const LogValue& value, bool as_json) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return as_json ? json_string(*text) : word_text(*text);
  }
  return std::visit(
      [](const auto& number) -> std::string {
        if constexpr (std::same_as<std::decay_t<decltype(number)>, std::string_view>) {
          return {};
        } else {
          return number_text(number);
        }
      },
      value);
}

}  // namespace

std::string to_text(const LogRecord& record) {
  std::string text = one_line(record.message);
  const auto add = [&text](std::string_view name, const LogValue& value) {
    text.append(text.empty() ? "" : " ").append(one_line(name)).append("=").append(value_text(value, false));
  };
  if (!record.event.empty()) add("event", record.event);
  for (const auto& field : record.fields) add(field.name, field.value);
  return text;
}

std::string json_members(const LogRecord& record) {
  constexpr std::array<std::string_view, 4> taken{"time", "level", "event", "message"};
  // As the words that the log has always had for them.
  std::string text = "\"level\":" + json_string(to_string(record.level));
  if (!record.event.empty()) text += ",\"event\":" + json_string(record.event);
  text += ",\"message\":" + json_string(record.message);
  for (const auto& field : record.fields) {
    const bool is_taken = std::find(taken.begin(), taken.end(), field.name) != taken.end();
    text += "," + json_string(std::string(field.name) + (is_taken ? "_" : "")) + ":" +
            value_text(field.value, true);
  }
  return text;
}

}  // namespace leat
