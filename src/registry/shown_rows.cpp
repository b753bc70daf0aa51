#include "registry/shown_rows.hpp"

#include <algorithm>
#include <string_view>

#include "leat/core/detail/characters.hpp"

namespace leat::registry_detail {
namespace {

/// The first characters of a text.
std::string_view first_of(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (detail::begins_character(text[at]) && characters-- == 0) break;
  }
  return text.substr(0, at);
}

bool is_plain(std::string_view text) {
  if (text.empty() || text == "NULL") return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f && c != '"' && c != ',' && c != '=';
  });
}

std::string escaped(std::string_view text) {
  std::string all;
  for (const char c : text) {
    switch (c) {
      case '\n':
        all += "\\n";
        break;
      case '\r':
        all += "\\r";
        break;
      case '\t':
        all += "\\t";
        break;
      case '"':
        all += "\\\"";
        break;
      default:
        all += c;
    }
  }
  return all;
}

}  // namespace

std::string shown_value(const std::optional<std::string>& value, std::size_t most) {
  if (!value) return "NULL";
  const std::string_view text = first_of(*value, most);
  const std::string more = text.size() < value->size() ? "…" : "";
  // Bytes above ASCII are letters, as far as this knows.
  return is_plain(text) ? std::string(text) + more : "\"" + escaped(text) + more + "\"";
}

std::string shown_row(const std::vector<std::string>& columns,
                      const std::vector<std::optional<std::string>>& values) {
  std::string text;
  for (std::size_t i = 0; i < columns.size() && i < values.size(); ++i) {
    text += (i == 0 ? "" : ", ") + columns[i] + " = " + shown_value(values[i]);
  }
  return text;
}

std::string in_columns(const std::vector<std::vector<std::string>>& rows, const std::string& before) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    if (row.size() > widths.size()) widths.resize(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], detail::characters_in(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = before;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - detail::characters_in(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace leat::registry_detail
