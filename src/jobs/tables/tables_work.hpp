#pragma once

#include <atomic>
#include <cstddef>
#include <stop_token>
#include <vector>

#include "jobs/tables/session_pairs.hpp"
#include "jobs/tables/table_set.hpp"
#include "jobs/tables/tables_board.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"

namespace leat::jobs_detail {

/// What of a run's tables join_record.hpp knows, before the first of them is copied.
struct JoinNotes {
  bool is_kept = false;            ///< what this run makes is noted
  std::vector<bool> is_joined{};   ///< of each table: something joins it in the source when it is made
  std::vector<bool> is_resumed{};  ///< of each table: an earlier run has made it, and not joined it
};

/// What the steps of a run over many tables share. Its options must outlive it. The sessions and the board
/// are thread-safe. The notes are made before tables are copied, and nothing else changes.
struct TablesWork {
  /// Looks at every table on both sides.
  TablesWork(const CopyTablesOptions& its_options, const std::stop_token& stop);

  /// The options of the load of one table that is committed alone; their log knows the table.
  [[nodiscard]] StreamOptions stream_of(std::size_t table) const;
  /// The error of a table that was not copied because another one was not.
  [[nodiscard]] Error error_of_joined(std::size_t other, const Error& error) const;

  const CopyTablesOptions& options;
  TableSet set;                        // constant after construction, but for target_session
  std::atomic<bool> has_target{true};  // set.target_session, for the pair that is opened first
  SessionPairs sessions;
  TablesBoard board;
  JoinNotes notes;
};

}  // namespace leat::jobs_detail
