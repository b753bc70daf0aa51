#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "cli/clone_archive.hpp"
#include "cli/clone_options.hpp"
#include "cli/clone_report.hpp"
#include "cli/clone_state.hpp"
#include "cli/clone_survey.hpp"
#include "cli/pg_programs.hpp"

namespace leat::cli {

/// One run of "leat clone". Used by the main thread.
class CloneRun {
 public:
  /// `options` outlive it. Looks at both sides, and holds the source as it is. Changes nothing.
  /// @throws Error (config) for programs that do not fit; of a side, where it cannot be read.
  CloneRun(const CloneOptions& options, const std::stop_token& stop);

  /// What would be done, and what stands against it.
  [[nodiscard]] const CloneReport& plan() const { return report_; }
  /// Makes the clone, or goes on with it. Tables that could not be copied are in the report.
  /// @throws Error for all else.
  [[nodiscard]] CloneReport run(const std::stop_token& stop);
  /// Takes away what the target knows of the clone. To be called when the report of a complete clone has been
  /// told: until then the same command again tells it.
  void forget(const std::stop_token& stop) { state_->finish(stop); }

 private:
  using Clock = std::chrono::steady_clock;

  /// Of a clone that is complete.
  void tell_what_stands(const std::stop_token& stop);
  void check_record(const CloneRecord& record);
  void check_definitions(const CloneRecord& record, const std::string& hash) const;
  void make_definitions(const std::stop_token& stop);
  /// Returns whether all rows are there.
  [[nodiscard]] bool copy_rows(const std::stop_token& stop);
  void copy_objects(const std::stop_token& stop);
  void make_the_rest(const std::stop_token& stop);
  [[nodiscard]] bool has_reached(CloneStep step) const { return record_.step >= step; }
  void reach(CloneStep step, const std::stop_token& stop);
  /// Runs a part and takes its time.
  template <class Part>
  auto timed(const char* name, const Part& part) {
    options_.stream.log.info(std::string("clone: ") + name);
    const auto begun = Clock::now();
    struct Taking {
      CloneReport& report;
      const char* step;
      Clock::time_point since;
      ~Taking() { report.steps.emplace_back(step, Clock::now() - since); }
    } const taking{report_, name, begun};
    return part();
  }

  const CloneOptions& options_;
  const Clock::time_point started_ = Clock::now();
  Connection source_;
  std::string snapshot_;
  CloneSource found_;
  PgPrograms programs_;
  Connection target_;
  ProgramConnection source_program_;
  ProgramConnection target_program_;
  std::optional<CloneState> state_;
  CloneRecord record_{};
  std::optional<CloneArchive> archive_;
  CloneReport report_{};
};

}  // namespace leat::cli
