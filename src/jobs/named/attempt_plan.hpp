#pragma once

#include <stop_token>
#include <vector>

#include "jobs/named/attempt_state.hpp"
#include "leat/data/store/unit.hpp"

namespace leat::jobs_detail {

/// What an attempt has to do, by what earlier ones have done. Used once, by one thread.
class AttemptPlan {
 public:
  /// `state` outlives it, and is that of an attempt that has the job's lease, which becomes that of a new run
  /// where what was done is discarded.
  explicit AttemptPlan(AttemptState& state) : state_(state) {}

  /// The units that are left, by the stored plan or a new one.
  [[nodiscard]] std::vector<Unit> make(const AcquiredJob& acquired, const std::stop_token& stop);

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
  /// @throws Error (target, 40001) where the plan is of other rows than were taken for new.
  void check_bounds(const std::vector<PlannedSlice>& stored) const;
  /// @throws Error (config) where earlier attempts have rejected more rows than may be.
  void count_earlier_rejects(const JobRecord& record);
  void name_staging(const std::stop_token& stop);

  AttemptState& state_;
};

}  // namespace leat::jobs_detail
