#include "jobs/indexes/index_choice.hpp"

#include <utility>

namespace leat::jobs_detail {

IndexChoice choose_indexes(const IndexChoiceFacts& facts) {
  const auto keep = [](std::string reason) { return IndexChoice{.reason = std::move(reason)}; };
  const auto rebuild = [](std::string reason) {
    return IndexChoice{.rebuilds = true, .reason = std::move(reason)};
  };
  if (facts.asked == Indexes::keep) return keep("that is what was asked for");
  if (facts.droppable == 0) return keep("there is none that could be dropped for the load");
  if (facts.asked == Indexes::rebuild) return rebuild("that is what was asked for");
  if (facts.old_rows == OldRows::deleted)
    return keep("the old rows go by DELETE, during which others read the table");
  if (facts.old_rows == OldRows::kept && facts.has_rows)
    return keep("the table has rows, which are read meanwhile");
  if (!facts.incoming) {
    if (facts.old_rows == OldRows::kept) return keep("it is not known how much comes");
    return rebuild("the table is emptied, and it is not known how much comes");
  }
  if (*facts.incoming < least_to_rebuild) {
    return keep(format_bytes(*facts.incoming) + " come, which is less than " +
                format_bytes(least_to_rebuild));
  }
  return rebuild(format_bytes(*facts.incoming) + " come into an empty table");
}

}  // namespace leat::jobs_detail
