#include "postgres/session/select_items.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace leat::postgres_detail {
namespace {

/// Words behind an item that are neither its alias nor a part of its expression; and COLLATE, through which
/// the server looks.
bool ends_select_item(std::string_view word) {
  static constexpr std::array<std::string_view, 15> words{
      "collate", "except", "fetch",  "for",   "from",  "group", "having", "intersect",
      "into",    "limit",  "offset", "order", "union", "where", "window"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

void SelectItems::take_word(std::string_view word) {
  decide(ends_select_item(word));
  Group& group = top();
  const bool was_distinct = std::exchange(group.is_distinct, false);
  if (word == "select") {
    group.has_select = true;
    group.begins_item = true;
  } else if (word == "distinct" && group.begins_item) {
    group.is_distinct = true;
  } else if (word == "on" && was_distinct) {
    group.distinct_on = true;
    group.begins_item = false;
  } else if (word != "all") {
    group.begins_item = false;
  }
}

void SelectItems::take_sign(char sign) {
  constexpr std::string_view behind_item = ",);[].";
  decide(behind_item.find(sign) != std::string_view::npos);
  if (sign == '(' || sign == '[') {
    const bool begins = sign == '(' && top().begins_item;
    top().begins_item = false;
    groups_.push_back({.begins_item = begins});
  } else if (sign == ')' || sign == ']') {
    if (groups_.size() > 1) groups_.pop_back();
    top().begins_item = std::exchange(top().distinct_on, false);
  } else {
    top().begins_item = sign == ',' && top().has_select;
  }
  top().is_distinct = false;
}

void SelectItems::take_parameter() {
  decide(false);
  found_.push_back(false);
  waits_ = std::exchange(top().begins_item, false);
}

void SelectItems::decide(bool item_ends) {
  if (std::exchange(waits_, false)) found_.back() = item_ends;
}

}  // namespace leat::postgres_detail
