#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/options/load_counts.hpp"
#include "jobs/prepare/prepared_load.hpp"

namespace leat::jobs_detail {

/// Some writers have committed, or may have, and others have not.
struct PartlyCommitted {
  Error error;
};

/// The error of one of several writers, with what may be behind it: transactions that insert the same value
/// of a unique index, or change the same row by a trigger, wait for each other's commits, which come only
/// when all have all of their rows. `instead`: what to do. Errors that are no wait for a lock stay as they
/// are.
[[nodiscard]] Error explain_wait(const Error& error, const std::string& instead);

/// Loads that append to one table, each on a session of its own in a transaction of its own, and their
/// commits. Thread-safe until all rows are there.
class PartLoads {
 public:
  /// `load`, `target` and `stream` outlive it. The job's session is in a transaction. `instead`: what to do
  /// if it must not happen that some have committed and others not.
  PartLoads(const PreparedLoad& load, const ResolvedConnection& target, const StreamOptions& stream,
            std::string instead)
      : load_(load), target_(target), stream_(stream), instead_(std::move(instead)) {}

  /// Of another writer; the first one has the job's session.
  [[nodiscard]] TableLoad& open(std::size_t number, const std::stop_token& stop);

  /// When no writer works any more. @throws Error: nothing was committed. @throws PartlyCommitted.
  [[nodiscard]] LoadCounts commit(std::vector<std::string>& notes, const std::stop_token& stop);
  /// Gives up what is not committed.
  void abandon() noexcept;

 private:
  struct Part {
    std::shared_ptr<Connection> session{};
    std::unique_ptr<TableLoad> load{};
  };

  // Constant after construction
  const PreparedLoad& load_;
  const ResolvedConnection& target_;
  const StreamOptions& stream_;
  const std::string instead_;
  std::mutex mutex_;
  std::vector<Part> parts_;  // guarded by mutex_; each used by its writer, then by commit()
};

}  // namespace leat::jobs_detail
