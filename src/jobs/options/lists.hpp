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
