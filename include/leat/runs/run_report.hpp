#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat {

/// How a load of a run has ended.
enum class LoadStatus {
  done,
  done_with_rejects,
  done_before,  ///< by an earlier attempt of the same run
  failed,
  rolled_back,  ///< another load of the same transaction has failed
  waits,        ///< it was not begun, since a load that it waits for has failed
  cancelled,    ///< it was stopped, or not begun before the stop
};

/// "done", "done_with_rejects", "done_before", "failed", "rolled_back", "waits" or "cancelled".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(LoadStatus status);

/// The result of one load.
struct LoadOutcome {
  std::string name{};
  std::string job{};  ///< its name in the target's ledger
  LoadStatus status = LoadStatus::cancelled;
  std::string waits_for{};                   ///< of rolled_back and waits: the load that has failed
  std::optional<Error> error{};              ///< why it failed
  std::optional<JobReport> report{};         ///< of a table or a query that was loaded
  std::optional<CopyTablesReport> tables{};  ///< of many tables, also if some of them failed
  /// What of it is far from what it came to in earlier runs, for people.
  std::vector<std::string> unusual{};
  std::vector<std::string> remarks{};  ///< on its schema
  std::size_t attempts = 0;
  std::chrono::nanoseconds begun{};  ///< after the begin of the run
  std::chrono::nanoseconds elapsed{};
};

/// The result of a run of a document.
struct LEAT_EXPORT RunReport {
  std::string id{};
  std::string document{};
  std::map<std::string, std::string> labels{};
  /// done; done_with_rejects; failed if a load was not loaded; cancelled after a stop.
  JobStatus status = JobStatus::done;
  /// The run was begun by an earlier attempt, and this one has gone on with it.
  bool is_continued = false;
  std::string started_at{};  ///< by the target's clock; of a run that was continued, its first begin
  std::chrono::nanoseconds elapsed{};
  std::vector<LoadOutcome> loads{};
  std::vector<std::string> remarks{};

  /// How many loads were not loaded, other than by a stop.
  [[nodiscard]] std::size_t failed() const;
  /// The error of the first load that failed, for an exit code.
  [[nodiscard]] std::optional<Error> first_error() const;
  /// Rows that this attempt has written.
  [[nodiscard]] std::uint64_t rows_written() const;
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const RunReport& report);
/// The report for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const RunReport& report);
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const RunReport& report);

/// What a run would do for one load.
struct LoadPlan {
  std::string name{};
  std::vector<std::string> after{};
  std::vector<JobPlan> plans{};  ///< one for each table
  std::optional<Error> error{};  ///< why there is no plan
  std::vector<std::string> remarks{};
};

/// What a run would do.
struct LEAT_EXPORT RunPlan {
  std::string document{};
  std::vector<LoadPlan> loads{};
  std::vector<std::string> remarks{};

  /// The first reason against it, for an exit code.
  [[nodiscard]] std::optional<Error> first_error() const;
};

/// The plan as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const RunPlan& plan);
/// The plan for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const RunPlan& plan);
/// What stands against each load, and what is to be known of it, for people.
[[nodiscard]] LEAT_EXPORT std::string findings_text(const RunPlan& plan);

}  // namespace leat
