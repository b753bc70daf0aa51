#include "jobs/indexes/index_choice.hpp"

namespace leat::jobs_detail {

IndexChoice choose_indexes(const IndexChoiceFacts& facts) {
  if (facts.asked == Indexes::keep) return {.reason = "that is what was asked for"};
  if (facts.droppable == 0) return {.reason = "there is none that could be dropped for the load"};
  if (facts.asked == Indexes::rebuild) return {.rebuilds = true, .reason = "that is what was asked for"};
  if (facts.old_rows == OldRows::deleted)
    return {.reason = "the old rows go by DELETE, during which others read the table"};
  if (facts.old_rows == OldRows::kept && facts.has_rows)
    return {.reason = "the table has rows, which are read meanwhile"};
  if (!facts.incoming) {
    if (facts.old_rows == OldRows::kept) return {.reason = "it is not known how much comes"};
    return {.rebuilds = true, .reason = "the table is emptied, and it is not known how much comes"};
  }
  if (*facts.incoming < least_to_rebuild) {
    return {.reason = format_bytes(*facts.incoming) + " come, which is less than " +
                      format_bytes(least_to_rebuild)};
  }
  return {.rebuilds = true, .reason = format_bytes(*facts.incoming) + " come into an empty table"};
}

}  // namespace leat::jobs_detail
