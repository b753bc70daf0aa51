#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/documents/field_table.hpp"

// What joins a field to a member of a struct. For each C++ type that a member may have there is one pair of
// these; bind_field() is all that is compiled for a field.
namespace leat {

namespace detail {

LEAT_EXPORT void put_value(bool& member, const FieldValue& value);
LEAT_EXPORT void put_value(std::uint64_t& member, const FieldValue& value);
LEAT_EXPORT void put_value(ByteCount& member, const FieldValue& value);
LEAT_EXPORT void put_value(std::chrono::milliseconds& member, const FieldValue& value);
LEAT_EXPORT void put_value(std::string& member, const FieldValue& value);
LEAT_EXPORT void put_value(std::vector<std::string>& member, const FieldValue& value);
LEAT_EXPORT void put_value(std::map<std::string, std::string>& member, const FieldValue& value);

[[nodiscard]] LEAT_EXPORT FieldValue take_value(bool member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(std::uint64_t member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(ByteCount member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(std::chrono::milliseconds member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(const std::string& member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(const std::vector<std::string>& member);
[[nodiscard]] LEAT_EXPORT FieldValue take_value(const std::map<std::string, std::string>& member);

template <class T>
void put_value(std::optional<T>& member, const FieldValue& value) {
  put_value(member.emplace(), value);
}

template <class T>
[[nodiscard]] FieldValue take_value(const std::optional<T>& member) {
  return member ? take_value(*member) : FieldValue{};
}

}  // namespace detail

/// A field that is a member of `Owner`. `access` is a pointer to the member, or a function that takes the
/// object, by reference or by constant reference, and returns a reference to what the field is.
template <class Owner, class Access>
[[nodiscard]] DocumentField bind_field(DocumentField field, Access access) {
  field.set = [access](void* object, const FieldValue& value) {
    detail::put_value(std::invoke(access, *static_cast<Owner*>(object)), value);
  };
  field.get = [access](const void* object) {
    return detail::take_value(std::invoke(access, *static_cast<const Owner*>(object)));
  };
  return field;
}

/// A member that is one of some words in the document. The field's type becomes these words, in this order.
template <class Owner, class Member>
[[nodiscard]] DocumentField bind_words(DocumentField field, Member Owner::*member,
                                       std::vector<std::pair<std::string, Member>> words) {
  std::vector<std::string> names;
  for (const auto& word : words) names.push_back(word.first);
  field.type = value_types::word(std::move(names));
  field.set = [member, words](void* object, const FieldValue& value) {
    const auto& text = std::get<std::string>(value.value);
    for (const auto& word : words) {
      if (word.first == text) static_cast<Owner*>(object)->*member = word.second;
    }
  };
  field.get = [member, words](const void* object) -> FieldValue {
    for (const auto& word : words) {
      if (word.second == static_cast<const Owner*>(object)->*member) return {.value = word.first};
    }
    return {};
  };
  return field;
}

}  // namespace leat
