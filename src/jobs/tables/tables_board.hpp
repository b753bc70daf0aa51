#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "jobs/options/steady_clock.hpp"
#include "jobs/tables/table_set.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat::jobs_detail {

/// What became of each table of a run, and how far those are that run. Thread-safe.
class TablesBoard {
 public:
  explicit TablesBoard(const TableSet& set);

  /// A table begins, or goes on. All its rows may be there, and wait for those of other tables to be
  /// committed with.
  void update(std::size_t table, const Progress& progress);
  void load(std::size_t table);
  /// `error`: it was not copied.
  void end(std::size_t table, JobReport report, std::optional<Error> error = {});

  /// Of each table, whether it was copied.
  [[nodiscard]] std::vector<bool> copied() const;
  [[nodiscard]] TablesProgress progress() const;
  /// Tables that have not ended were stopped before they began.
  [[nodiscard]] CopyTablesReport report(bool stopped) const;

 private:
  enum class Stage { waiting, running, loaded, ended };
  struct Table {
    CopiedTable result{};
    Progress progress{};
    Stage stage = Stage::waiting;
  };

  const SteadyClock::time_point started_ = SteadyClock::now();
  const std::optional<std::uint64_t> rows_expected_;

  mutable std::mutex mutex_;
  std::vector<Table> tables_;  // guarded by mutex_
};

}  // namespace leat::jobs_detail
