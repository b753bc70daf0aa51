#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace leat::postgres_detail {

/// Finds parameters that may be all of an item of a SELECT's list, of which the server makes the column's
/// name. It is told each sign and word of the SQL in their order, but no white space and no comments. A
/// parameter that is such an item is always found; some others are, too. Used by one thread at a time.
class SelectItems {
 public:
  void take_word(std::string_view lower_case);
  /// One of an operator, a bracket, a comma, or the quote that begins a string or a name.
  void take_sign(char sign);
  void take_parameter();
  void end() { decide(true); }

  /// Of the parameter that was taken as number `index`, from 0.
  [[nodiscard]] bool may_name_column(std::size_t index) const { return found_[index]; }

 private:
  struct Group {
    bool has_select = false;
    bool begins_item = false;  // an item of the list begins here
    bool is_distinct = false;  // DISTINCT was the last word; an ON may follow
    bool distinct_on = false;  // its parenthesis is open
  };

  [[nodiscard]] Group& top() { return groups_.back(); }
  void decide(bool item_ends);

  std::vector<Group> groups_{1};
  std::vector<bool> found_;
  bool waits_ = false;  // the last parameter began an item, and what follows decides
};

}  // namespace leat::postgres_detail
