#include "leat/documents/field_binding.hpp"

namespace leat::detail {

void put_value(bool& member, const FieldValue& value) {
  member = std::get<bool>(value.value);
}

void put_value(std::uint64_t& member, const FieldValue& value) {
  member = std::get<std::uint64_t>(value.value);
}

void put_value(ByteCount& member, const FieldValue& value) {
  member = ByteCount{std::get<std::uint64_t>(value.value)};
}

void put_value(std::chrono::milliseconds& member, const FieldValue& value) {
  member = std::chrono::milliseconds(static_cast<std::int64_t>(std::get<std::uint64_t>(value.value)));
}

void put_value(std::string& member, const FieldValue& value) {
  member = std::get<std::string>(value.value);
}

void put_value(std::vector<std::string>& member, const FieldValue& value) {
  member.clear();
  for (const auto& item : std::get<FieldValue::List>(value.value)) put_value(member.emplace_back(), item);
}

void put_value(std::map<std::string, std::string>& member, const FieldValue& value) {
  member.clear();
  for (const auto& [name, item] : std::get<FieldValue::Map>(value.value)) put_value(member[name], item);
}

FieldValue take_value(bool member) {
  return {.value = member};
}

FieldValue take_value(std::uint64_t member) {
  return {.value = member};
}

FieldValue take_value(ByteCount member) {
  return {.value = member.count()};
}

FieldValue take_value(std::chrono::milliseconds member) {
  return {.value = static_cast<std::uint64_t>(member.count())};
}

FieldValue take_value(const std::string& member) {
  return member.empty() ? FieldValue{} : FieldValue{.value = member};
}

FieldValue take_value(const std::vector<std::string>& member) {
  if (member.empty()) return {};
  FieldValue::List list;
  for (const auto& item : member) list.push_back({.value = item});
  return {.value = std::move(list)};
}

FieldValue take_value(const std::map<std::string, std::string>& member) {
  if (member.empty()) return {};
  FieldValue::Map map;
  for (const auto& [name, item] : member) map.emplace_back(name, FieldValue{.value = item});
  return {.value = std::move(map)};
}

}  // namespace leat::detail
