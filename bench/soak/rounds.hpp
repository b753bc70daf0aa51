#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/jobs/copy_table.hpp"
#include "saboteur.hpp"
#include "servers.hpp"

namespace leat::soak {

/// What came of a round, or of many.
struct Tally {
  std::uint64_t rounds = 0;
  std::uint64_t copies = 0;    ///< loads that were committed and compared
  std::uint64_t failures = 0;  ///< loads that failed or were stopped, as they should
  std::uint64_t rows = 0;      ///< of the copies
  std::uint64_t injected = 0;  ///< sessions ended, stops, servers that are not there, hooks that throw
  std::uint64_t resumed = 0;   ///< jobs that another run went on with, or that went on by themselves

  Tally& operator+=(const Tally& other);
};

/// The kinds of rounds, in an order that is shuffled anew whenever all of them had their turn. Each loads
/// tables, compares what is to be compared, and forgets its job.
class Rounds {
 public:
  Rounds(Servers& servers, std::uint64_t seed, std::string directory);

  [[nodiscard]] static std::size_t kinds();

  /// What the next round does, in a few words.
  [[nodiscard]] std::string_view next();
  /// Does it. @throws Broken; anything else that is thrown is a fault, too.
  [[nodiscard]] Tally run();

 private:
  struct Kind;
  static const std::vector<Kind>& all();

  // Loads that arrive
  Tally straight_job();
  Tally published_job();
  Tally plain();
  Tally plain_parallel();
  Tally unnamed_job();
  Tally by_key();
  Tally upsert_job();
  Tally tables();
  Tally query();
  Tally rejects();
  Tally wide_rows();
  Tally row_hook();
  Tally made_target();

  // Loads that do not, or not at once
  Tally too_many_rejects();
  Tally throwing_hook();
  Tally stopped();
  Tally stopped_job();
  Tally ended_job(Side side);
  Tally ended_job_source() { return ended_job(Side::source); }
  Tally ended_job_target() { return ended_job(Side::target); }
  Tally ended_plain(Side side);
  Tally ended_plain_source() { return ended_plain(Side::source); }
  Tally ended_plain_target() { return ended_plain(Side::target); }
  Tally unreachable();

  /// A random number from 0 to below `count`.
  [[nodiscard]] std::size_t one_of(std::size_t count);
  [[nodiscard]] bool maybe() { return one_of(2) == 0; }
  /// A copy of that table, by unix socket or TCP.
  [[nodiscard]] CopyTableOptions copy(const std::string& table);
  /// The same by two readers and two writers, in small slices, under a name.
  [[nodiscard]] CopyTableOptions job(const std::string& table);
  /// The same of events, slowly.
  [[nodiscard]] CopyTableOptions slow_job();
  /// Returns when no session is left on either side.
  void wait_for_sessions();
  /// Puts rows into events that are not the source's.
  void put_old_rows();
  /// Runs a load of events that may fail by that side's fault or by a stop, and then leaves them as they
  /// were.
  Tally run_or_fail(const CopyTableOptions& options, ErrorKind kind, std::stop_token stop,
                    std::optional<Sabotage> sabotage = {});
  /// Runs a load, compares events, and forgets its job where it has a name.
  Tally deliver(const CopyTableOptions& options);
  void forget(const CopyTableOptions& options);
  /// The same for a job that may not have come as far as to be known.
  void forget_if_known(const CopyTableOptions& options);

  Servers& servers_;
  const std::string directory_;
  std::mt19937_64 random_;
  std::vector<std::size_t> deck_;
  std::uint64_t number_ = 0;
};

}  // namespace leat::soak
