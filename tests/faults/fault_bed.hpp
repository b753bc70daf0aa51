#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "jobs/bed.hpp"
#include "leat/jobs/copy_table.hpp"
#include "support/catch.hpp"
#include "support/private_server.hpp"
#include "support/random.hpp"

namespace leat::test {

[[nodiscard]] std::uint64_t random_to(std::mt19937_64& random, std::uint64_t most);
/// Returns at a random moment within that time.
void pass_time(std::mt19937_64& random, std::chrono::milliseconds most);

/// A source with the database "src" and a target with "dst", each a server of its own. The source has
/// public.t, 200,000 rows in 13 MB, and a function slow(v, id) that returns v and takes a second for all of
/// them; the target's public.t is empty and has the same key.
class FaultBed {
 public:
  FaultBed();

  [[nodiscard]] static PrivateServer& source();
  [[nodiscard]] static PrivateServer& target();
  /// Ends every session of a job, as an administrator would.
  static void end_jobs();

  /// Runs SQL as psql prints its answer, without the last line break.
  std::string src(const std::string& sql) const;
  std::string dst(const std::string& sql) const;

  /// An empty public.t, and no ledger.
  void reset_target() const;
  /// Rows that a load by that mode has to replace or to change.
  void add_old_rows(WriteMode mode) const;

  /// A named job that copies public.t in slices of 64 KiB, slowly, and tries often.
  [[nodiscard]] CopyTableOptions job(const std::string& name) const;

  /// As if the time of whoever has the job were over.
  void expire(const std::string& job) const;
  /// From now on every snapshot of the source is another one.
  void lose_snapshot() const;
  /// Returns when so many slices are in the ledger, or `over` says that they will not be.
  void wait_for_slices(const std::string& job, int count, const std::function<bool()>& over) const;

  /// What is wrong with the target after the job's end, compared with the source: rows that are missing,
  /// there twice or others, the ledger, tables that are left. Empty: nothing.
  [[nodiscard]] std::string complaint(const std::string& job) const;
  /// No complaint, and no session is left on either side.
  void check_delivered(const std::string& job) const;
  void check_no_sessions() const;
};

/// A job on a thread of its own, whose report is kept.
class RunningJob {
 public:
  explicit RunningJob(CopyTableOptions options);

  [[nodiscard]] bool has_ended() const { return running_.has_ended(); }
  /// What it returned. Rethrows what it throws.
  [[nodiscard]] JobReport report();
  [[nodiscard]] Error error() { return running_.error(limit); }

 private:
  static constexpr std::chrono::seconds limit{120};

  JobReport report_;
  Running running_;
};

}  // namespace leat::test
