#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

// Several processes may work on one attempt of a job. Each is a worker, which has a number and shows that it
// lives; a slice belongs to the worker that has claimed it, and is free again when that one is dead. The
// functions below work on a worker's own session with the ledger, which is in no transaction; each is one.
// Where the attempt is over (another one has the job, it has failed or is done) they throw Error (target,
// 55000), but for those that say something else.

/// What others must know to take part in an attempt.
struct AttemptDetails {
  std::string options{};  ///< JSON: how the job is run, as far as all must do the same
  /// By which others see the source as the attempt does (pg_export_snapshot()); nullopt: they cannot.
  std::optional<std::string> snapshot{};
};

/// A worker of an attempt.
struct JobWorker {
  JobLease lease{};
  std::int64_t number = 0;
};

/// Becomes a worker of the attempt, for as long as `duration` without a sign of life. `details.options` is
/// stored by the first worker alone.
[[nodiscard]] LEAT_EXPORT JobWorker enter_attempt(Connection& connection, const JobLease& lease,
                                                  const std::string& holder, const AttemptDetails& details,
                                                  std::chrono::milliseconds duration,
                                                  std::stop_token stop = {});

/// What a live worker of the attempt has said of it, one that shares its snapshot if there is one; nullopt if
/// none lives.
[[nodiscard]] LEAT_EXPORT std::optional<AttemptDetails> read_attempt(Connection& connection,
                                                                     const JobLease& lease,
                                                                     std::stop_token stop = {});

/// Shows that the worker lives, and that the job is held; on a session that takes the place of another, too.
/// `is_hungry`: it has nothing to do. Returns whether another live worker has nothing to do.
[[nodiscard]] LEAT_EXPORT bool renew_worker(Connection& connection, const JobWorker& worker, bool is_hungry,
                                            std::chrono::milliseconds duration, std::stop_token stop = {});

/// Whether another live worker has nothing to do.
[[nodiscard]] LEAT_EXPORT bool has_hungry_workers(Connection& connection, const JobWorker& worker,
                                                  std::stop_token stop = {});

/// How far the slices of the run are.
struct SliceProgressCounts {
  std::int64_t total = 0;
  std::int64_t done = 0;
};

/// What claim_slice() has found.
struct SliceClaim {
  std::optional<PlannedSlice> slice{};  ///< the claimed one
  SliceProgressCounts counts{};         ///< where none was free
};

/// Claims the first slice beyond `after` that is neither done nor another live worker's, else the first of
/// all. `held`: the slices that this worker knows to be its own; a claim of it that is not among them is made
/// again.
[[nodiscard]] LEAT_EXPORT SliceClaim claim_slice(Connection& connection, const JobWorker& worker,
                                                 std::int64_t after, std::span<const std::int64_t> held,
                                                 std::stop_token stop = {});

/// Whether this worker is to publish what is there: no other live worker does.
[[nodiscard]] LEAT_EXPORT bool claim_publication(Connection& connection, const JobWorker& worker,
                                                 std::stop_token stop = {});

/// The worker takes part no longer; what it has claimed is free. Also where the attempt is over.
LEAT_EXPORT void leave_attempt(Connection& connection, const JobWorker& worker, std::stop_token stop = {});

}  // namespace leat
