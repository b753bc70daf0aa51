#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "jobs/options/steady_clock.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat::jobs_detail {

/// What became of each table of a run, and how far those are that run. Thread-safe.
class TablesBoard {
 public:
  /// `names` as they are told; `rows` of all of them, where that is known.
  TablesBoard(std::vector<std::string> names, std::optional<std::uint64_t> rows);

  /// A table begins, of so many rows.
  void begin(std::size_t table, std::optional<std::uint64_t> rows);
  void update(std::size_t table, const Progress& progress);
  /// All its rows are there, and wait for those of other tables to be committed with.
  void load(std::size_t table);
  void end(std::size_t table, JobReport report);
  void end(std::size_t table, Error error);

  [[nodiscard]] TablesProgress progress() const;
  /// Tables that have not ended were stopped before they began.
  [[nodiscard]] CopyTablesReport report(bool stopped) const;

 private:
  const SteadyClock::time_point started_ = SteadyClock::now();
  const std::optional<std::uint64_t> rows_expected_;

  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::vector<CopiedTable> tables_;
  std::vector<bool> ended_;
  std::map<std::size_t, Progress> running_;
  std::map<std::size_t, Progress> loaded_;
};

}  // namespace leat::jobs_detail
