#include "leat/documents/node.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace leat {
namespace {

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) noexcept {
  return std::find(words.begin(), words.end(), text) != words.end();
}

std::size_t digits_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  return end - at;
}

bool is_based(std::string_view text, char base, std::string_view digits) noexcept {
  return text.size() > 2 && text[0] == '0' && text[1] == base &&
         text.find_first_not_of(digits, 2) == std::string_view::npos;
}

/// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_floating(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  if (is_one_of(text.substr(at), {".inf", ".Inf", ".INF"}) || is_one_of(text, {".nan", ".NaN", ".NAN"})) {
    return true;
  }
  const std::size_t whole = digits_at(text, at);
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits_at(text, at + 1);
    if (whole + fraction == 0) return false;
    at += 1 + fraction;
  } else if (whole == 0) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = digits_at(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

nlohmann::ordered_json json_of(const Node& node) {
  using nlohmann::ordered_json;
  if (node.kind == NodeKind::sequence) {
    auto list = ordered_json::array();
    for (const auto& item : node.items) list.push_back(json_of(item));
    return list;
  }
  if (node.kind == NodeKind::mapping) {
    auto object = ordered_json::object();
    for (const auto& entry : node.entries) object[entry.key] = json_of(entry.value);
    return object;
  }
  if (node.tainted) return node.written;
  switch (scalar_type(node)) {
    case ScalarType::null:
      return nullptr;
    case ScalarType::boolean:
      return node.text.front() == 't' || node.text.front() == 'T';
    case ScalarType::integer:
    case ScalarType::floating: {
      // A number that JSON writes in the same way.
      const auto number = ordered_json::parse(node.text, nullptr, false);
      if (number.is_number()) return number;
      return node.text;
    }
    case ScalarType::text:
    case ScalarType::unclear:
      break;
  }
  return node.text;
}

}  // namespace

const NodeEntry* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [key](const NodeEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

ScalarType scalar_type(const Node& scalar) noexcept {
  const std::string_view text = scalar.text;
  if (scalar.quoted || scalar.substituted) return ScalarType::text;
  if (is_one_of(text, {"", "~", "null", "Null", "NULL"})) return ScalarType::null;
  if (is_one_of(text, {"true", "True", "TRUE", "false", "False", "FALSE"})) return ScalarType::boolean;
  const std::size_t sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  const std::size_t digits = digits_at(text, sign);
  if (digits > 0 && sign + digits == text.size()) {
    return digits > 1 && text[sign] == '0' ? ScalarType::unclear : ScalarType::integer;
  }
  if (is_based(text, 'o', "01234567") || is_based(text, 'x', "0123456789abcdefABCDEF")) {
    return ScalarType::integer;
  }
  return is_floating(text) ? ScalarType::floating : ScalarType::text;
}

std::string to_json(const Node& node) {
  return json_of(node).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace leat
