#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// What a job does if some of its slices were read in a snapshot that no longer exists. That happens if the
/// job or the source's server was interrupted.
enum class OnLostSnapshot {
  redo,      ///< finished slices are discarded, and all rows are read in a new snapshot
  carry_on,  ///< finished slices stay, and the rest is read in a new snapshot. Rows that changed in between
             ///< may be there twice or not at all; the report says that the job is not consistent
  refuse,    ///< the job fails, and finished slices stay as they are
};

/// "redo", "continue" or "refuse".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(OnLostSnapshot choice);

/// How a job survives failures. A job with a name commits its slices one by one, each together with its row
/// in a ledger in the target's schema leat_meta. docs/delivery.md explains the guarantees.
struct Delivery {
  // Behaviour

  /// The job's name: `"nightly-orders"`, 1 to 200 characters. Running the same job again resumes it where it
  /// ended, and does nothing if it is done.
  ///
  /// Empty: the job cannot be resumed, and a failure leaves no rows behind. A job without a name still uses a
  /// ledger of its own if it retries, or if several sessions write rows that are published at once. That
  /// ledger is removed when the job ends.
  std::string job{};
  /// Discards the finished work of the job of that name. The new job may differ from the old one.
  bool restart = false;
  /// The job is one transaction, and the ledger's row that says it is done is part of it: nothing is written
  /// twice, and the job is done once, whoever runs it. It has no slices of which some could be kept, so a
  /// failure begins it anew. Needs a name. Of two processes that run it at the same time, one commits it, and
  /// the other one rolls back and reports that it was done. Cannot be used with several writers, restart or
  /// retries.
  bool whole = false;
  /// The caller has looked: the ledger is there (Ledger::prepare()) and has no job of this name. So a job
  /// that is whole does not look again before it begins. If that is not so, nothing is loaded twice: it is
  /// found at the end.
  bool is_new = false;
  OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo;
  /// How often a slice is retried after an error that may pass: a lost connection, a restart, a deadlock, a
  /// lock that is not available, a full server. Not set: five times if the job has a name, otherwise never. A
  /// job without a name that retries uses a temporary ledger, which is removed when the job ends, and
  /// publishes all its slices at once.
  std::optional<std::size_t> retries{};
  /// How long after its last sign of life a job is protected from a takeover by another attempt.
  std::chrono::milliseconds lease = std::chrono::seconds{30};
};

}  // namespace leat
