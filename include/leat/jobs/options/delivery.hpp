#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leat {

/// What a job does that has slices which were read in a snapshot that is gone: it was interrupted, or the
/// source's server was.
enum class OnLostSnapshot {
  redo,      ///< what was done is discarded, and all is read in a new snapshot
  carry_on,  ///< what was done stays, the rest is read in a new snapshot: rows that changed meanwhile may be
             ///< there twice or not at all, and the report says that it is not consistent
  refuse,    ///< the job fails, and what was done stays as it is
};

/// "redo", "continue" or "refuse".
[[nodiscard]] std::string_view to_string(OnLostSnapshot choice);

/// How surely a job arrives: with a name its slices are committed one by one, each together with its row in a
/// ledger in the target's schema leat_meta. docs/delivery.md tells what that promises.
struct Delivery {
  // Behaviour

  /// The job's name, 1 to 200 characters. The same job again goes on where it ended, and does nothing where
  /// it is done. Empty: nobody can go on with it, and a failure leaves no rows behind. It has a ledger of its
  /// own all the same where it retries, or where several sessions write what is to be published at once; that
  /// is gone when it ends.
  std::string job{};
  /// What was done under that name is discarded, and it may be another job.
  bool restart = false;
  OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo;
  /// How often a slice is tried again after an error that may pass: a lost connection, a restart, a deadlock,
  /// a lock that is not to be had, a full server. Without a choice five times where the job has a name, else
  /// never. A job without one that is to retry has a ledger of its own, which is gone when it ends, and
  /// publishes its slices at once.
  std::optional<std::size_t> retries{};
  /// How long nobody else may take over after the last sign of life.
  std::chrono::milliseconds lease = std::chrono::seconds{30};
};

}  // namespace leat
