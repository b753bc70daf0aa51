#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

namespace leat::jobs_detail {

/// Whether it is one of these.
template <class List, class Item>
[[nodiscard]] bool contains(const List& list, const Item& item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

/// The first of these whose member has that value; null where none has.
template <class List, class Member, class Value>
[[nodiscard]] auto find_by(List& list, Member member, const Value& value) -> decltype(&*std::begin(list)) {
  const auto at = std::find_if(std::begin(list), std::end(list),
                               [&](const auto& item) { return std::invoke(member, item) == value; });
  return at == std::end(list) ? nullptr : &*at;
}

/// Adds copies of these at the end.
template <class List, class More>
void append_all(List& list, const More& more) {
  list.insert(list.end(), more.begin(), more.end());
}

/// What `print` makes of each of these, with commas between: "a, b". `print` may be a pointer to a member.
template <class List, class Print>
[[nodiscard]] std::string text_list(const List& list, const Print& print, std::string_view between = ", ") {
  std::string text;
  for (const auto& item : list) {
    if (!text.empty()) text += between;
    text += std::invoke(print, item);
  }
  return text;
}

}  // namespace leat::jobs_detail
