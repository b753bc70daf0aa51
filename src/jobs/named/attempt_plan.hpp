#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/named/job_keeper.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/data/store/unit.hpp"

namespace leat::jobs_detail {

/// What an attempt has found of earlier ones.
struct AttemptFacts {
  std::size_t skipped = 0;             ///< units that are done already
  std::uint64_t rejected_earlier = 0;  ///< rows that those have rejected
  bool is_consistent = true;           ///< all that counts was read in one snapshot
  std::optional<TableName> staging{};  ///< where units wait to be published
  std::string into{};                  ///< which table they are committed into, see with_target()
  std::vector<std::string> remarks{};
};

/// What an attempt has to do, by what earlier ones have done. Used once, by one thread.
class AttemptPlan {
 public:
  /// All outlive it. `lease` becomes that of a new run, where what was done is discarded.
  AttemptPlan(const CopyTableOptions& options, JobKeeper& keeper, PreparedLoad& load, UnitSource& source,
              JobLease& lease, std::string snapshot)
      : options_(options),
        keeper_(keeper),
        load_(load),
        source_(source),
        lease_(lease),
        snapshot_(std::move(snapshot)) {}

  /// The units that are left, by the stored plan or a new one.
  [[nodiscard]] std::vector<Unit> make(const AcquiredJob& acquired, const std::stop_token& stop);
  [[nodiscard]] AttemptFacts& facts() { return facts_; }

 private:
  [[nodiscard]] std::vector<Unit> units_left(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                                             const std::stop_token& stop);
  [[nodiscard]] std::vector<Unit> new_units(const JobRecord& record, const std::stop_token& stop);
  /// Straight jobs: has the units say which table they are committed into. @throws Error (target, 55000)
  /// where rows that earlier attempts have put there are gone.
  void name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                   const std::stop_token& stop);
  /// Whether what was done counts beside what is read in this attempt's snapshot.
  [[nodiscard]] bool may_go_on(const JobRecord& record) const;
  /// @throws Error (config) where earlier attempts have rejected more rows than may be.
  void count_earlier_rejects(const JobRecord& record);
  void name_staging(const std::stop_token& stop);

  const CopyTableOptions& options_;
  JobKeeper& keeper_;
  PreparedLoad& load_;
  UnitSource& source_;
  JobLease& lease_;
  const std::string snapshot_;
  AttemptFacts facts_;
};

/// The session with the target, opened anew where it was lost.
[[nodiscard]] Connection& target_of(PreparedLoad& load, const CopyTableOptions& options,
                                    const std::stop_token& stop);

}  // namespace leat::jobs_detail
