#include "jobs/tables/tables_board.hpp"

#include <algorithm>
#include <utility>

namespace leat::jobs_detail {

TablesBoard::TablesBoard(std::vector<std::string> names, std::optional<std::uint64_t> rows)
    : rows_expected_(rows), ended_(names.size(), false) {
  for (auto& name : names) tables_.push_back({.table = std::move(name), .report = {}});
}

void TablesBoard::begin(std::size_t table, std::optional<std::uint64_t> rows) {
  const std::lock_guard lock(mutex_);
  running_[table] = {.rows_expected = rows};
}

void TablesBoard::update(std::size_t table, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  running_[table] = progress;
}

void TablesBoard::load(std::size_t table) {
  const std::lock_guard lock(mutex_);
  if (auto node = running_.extract(table)) loaded_.insert(std::move(node));
}

void TablesBoard::end(std::size_t table, JobReport report) {
  const std::lock_guard lock(mutex_);
  running_.erase(table);
  loaded_.erase(table);
  ended_[table] = true;
  tables_[table].report = std::move(report);
}

void TablesBoard::end(std::size_t table, Error error) {
  const std::lock_guard lock(mutex_);
  running_.erase(table);
  loaded_.erase(table);
  ended_[table] = true;
  tables_[table].error = std::move(error);
}

TablesProgress TablesBoard::progress() const {
  TablesProgress progress{.tables = tables_.size()};
  const std::lock_guard lock(mutex_);
  progress.tables_ended = static_cast<std::size_t>(std::count(ended_.begin(), ended_.end(), true));
  for (const auto& table : tables_) {
    if (table.error) ++progress.tables_failed;
    progress.total.rows += table.report.rows_written;
    progress.total.bytes += table.report.bytes_written.count();
  }
  for (const auto& [table, one] : loaded_) {
    progress.total.rows += one.rows;
    progress.total.bytes += one.bytes;
  }
  for (const auto& [table, one] : running_) {
    progress.total.rows += one.rows;
    progress.total.bytes += one.bytes;
    progress.running.push_back({.table = tables_[table].table, .progress = one});
  }
  const bool over = progress.tables_ended == progress.tables;
  progress.total.rows_expected = over ? std::optional(progress.total.rows) : rows_expected_;
  progress.total.elapsed = SteadyClock::now() - started_;
  return progress;
}

CopyTablesReport TablesBoard::report(bool stopped) const {
  const std::lock_guard lock(mutex_);
  CopyTablesReport all{.tables = tables_, .elapsed = SteadyClock::now() - started_};
  for (std::size_t i = 0; i < all.tables.size(); ++i) {
    auto& table = all.tables[i];
    if (!ended_[i]) table.error = Error(ErrorKind::cancelled, "the job was stopped before this table");
    all.rows_written += table.report.rows_written;
    all.bytes_written = all.bytes_written + table.report.bytes_written;
    if (table.error) all.status = stopped ? JobStatus::cancelled : JobStatus::failed;
  }
  return all;
}

}  // namespace leat::jobs_detail
