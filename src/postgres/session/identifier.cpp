#include "leat/postgres/session/identifier.hpp"

#include <algorithm>
#include <vector>

#include "leat/core/error.hpp"

namespace leat {
namespace {

[[noreturn]] void fail(std::string_view text, const std::string& why) {
  throw Error(ErrorKind::config, "\"" + std::string(text) + "\" is not a table name: " + why,
              {.hint = "write table, schema.table, or \"Quoted Schema\".\"Quoted Table\""});
}

bool is_plain(std::string_view part) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto follows = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '$'; };
  return !part.empty() && letter(part.front()) && std::all_of(part.begin(), part.end(), follows);
}

}  // namespace

std::string quote_identifier(std::string_view name) {
  if (name.empty()) throw Error(ErrorKind::config, "an empty name cannot be an identifier");
  std::string out = "\"";
  for (const char c : name) {
    if (c == '\0') throw Error(ErrorKind::config, "a name with a zero byte cannot be an identifier");
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string display_identifier(std::string_view name) {
  return is_plain(name) ? std::string(name) : quote_identifier(name);
}

TableName TableName::parse(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t i = 0;
  while (true) {
    std::string part;
    if (i < text.size() && text[i] == '"') {
      ++i;
      while (true) {
        if (i >= text.size()) fail(text, "a double quote is not closed");
        if (text[i] == '"') {
          if (i + 1 < text.size() && text[i + 1] == '"') {
            part += '"';
            i += 2;
            continue;
          }
          ++i;
          break;
        }
        part += text[i++];
      }
    } else {
      while (i < text.size() && text[i] != '.') {
        const char c = text[i++];
        if (c == '"' || c == ' ' || c == '\0') fail(text, "names with such characters need double quotes");
        part += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
      }
    }
    if (part.empty()) fail(text, "a part of it is empty");
    parts.push_back(std::move(part));
    if (i >= text.size()) break;
    if (text[i] != '.') fail(text, "a closing quote is followed by more text");
    ++i;
  }
  if (parts.size() > 2) fail(text, "it has more than two parts");
  if (parts.size() == 1) return {.schema = {}, .name = std::move(parts[0])};
  return {.schema = std::move(parts[0]), .name = std::move(parts[1])};
}

std::string TableName::sql() const {
  return schema.empty() ? quote_identifier(name) : quote_identifier(schema) + "." + quote_identifier(name);
}

std::string TableName::display() const {
  return schema.empty() ? display_identifier(name)
                        : display_identifier(schema) + "." + display_identifier(name);
}

}  // namespace leat
