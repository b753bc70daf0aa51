#include "ledger/description_difference.hpp"

#include <nlohmann/json.hpp>
#include <set>

namespace leat::postgres_detail {
namespace {

using nlohmann::json;

constexpr std::size_t longest_value = 240;

std::string value_text(const json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return "nothing";
  std::string text = found->dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() <= longest_value) return text;
  std::size_t end = longest_value;
  while (end > 0 && (text[end] & 0xc0) == 0x80) --end;  // not within a character
  return text.substr(0, end) + "…";
}

void compare(const json& was, const json& is, const std::string& path, std::vector<std::string>& lines) {
  std::set<std::string> keys;
  for (const auto& member : was.items()) keys.insert(member.key());
  for (const auto& member : is.items()) keys.insert(member.key());
  for (const auto& key : keys) {
    const auto old_value = was.find(key);
    const auto new_value = is.find(key);
    const bool in_both = old_value != was.end() && new_value != is.end();
    if (in_both && *old_value == *new_value) continue;
    if (in_both && old_value->is_object() && new_value->is_object()) {
      compare(*old_value, *new_value, path + key + ".", lines);
    } else {
      lines.push_back(path + key + ": " + value_text(was, key) + " -> " + value_text(is, key));
    }
  }
}

}  // namespace

std::vector<std::string> description_difference(std::string_view was, std::string_view is) {
  const json before = json::parse(was, nullptr, false);
  const json after = json::parse(is, nullptr, false);
  if (!before.is_object() || !after.is_object()) return {"one of the descriptions is no JSON object"};
  std::vector<std::string> lines;
  compare(before, after, "", lines);
  return lines;
}

}  // namespace leat::postgres_detail
