#include "jobs/tables/tables_board.hpp"

#include <utility>

#include "leat/jobs/report/detail/hint_words.hpp"

namespace leat::jobs_detail {
namespace {

/// Of all tables, where each has an estimate or no pages.
std::optional<std::uint64_t> rows_of(const TableSet& set) {
  std::uint64_t rows = 0;
  for (const auto& facts : set.source.tables) {
    if (!facts || !facts->info) return std::nullopt;
    if (!facts->info->estimated_rows && facts->info->size.count() > 0) return std::nullopt;
    rows += facts->info->estimated_rows.value_or(0);
  }
  return rows;
}

}  // namespace

TablesBoard::TablesBoard(const TableSet& set) : rows_expected_(rows_of(set)) {
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    tables_.push_back({.result = {.table = set.names[i].display(), .target = set.targets[i].display()}});
  }
}

void TablesBoard::update(std::size_t table, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (tables_[table].stage == Stage::waiting) tables_[table].result.begun = SteadyClock::now() - started_;
  tables_[table].progress = progress;
  tables_[table].stage = Stage::running;
}

void TablesBoard::load(std::size_t table) {
  const std::lock_guard lock(mutex_);
  tables_[table].stage = Stage::loaded;
}

void TablesBoard::end(std::size_t table, JobReport report, std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  auto& [result, progress, stage] = tables_[table];
  result.report = std::move(report);
  if (stage != Stage::waiting) result.elapsed = SteadyClock::now() - started_ - result.begun;
  const TableName source = TableName::parse(result.table);
  if (error) error = error->with_hint(hint_of_tables(std::string(error->hint()), source));
  result.error = std::move(error);
  progress = {};
  stage = Stage::ended;
}

std::vector<bool> TablesBoard::copied() const {
  const std::lock_guard lock(mutex_);
  std::vector<bool> copied;
  for (const auto& table : tables_) copied.push_back(table.stage == Stage::ended && !table.result.error);
  return copied;
}

TablesProgress TablesBoard::progress() const {
  const std::lock_guard lock(mutex_);
  TablesProgress all{.tables = tables_.size()};
  for (const auto& [result, progress, stage] : tables_) {
    all.total.rows += result.report.rows_written + progress.rows;
    all.total.bytes += result.report.bytes_written.count() + progress.bytes;
    if (result.error) ++all.tables_failed;
    if (stage == Stage::ended) ++all.tables_ended;
    if (stage == Stage::running) all.running.push_back({.table = result.table, .progress = progress});
  }
  const bool over = all.tables_ended == all.tables;
  all.total.rows_expected = over ? std::optional(all.total.rows) : rows_expected_;
  all.total.elapsed = SteadyClock::now() - started_;
  return all;
}

CopyTablesReport TablesBoard::report(bool stopped) const {
  const std::lock_guard lock(mutex_);
  CopyTablesReport all{.elapsed = SteadyClock::now() - started_};
  for (const auto& [result, progress, stage] : tables_) {
    auto& table = all.tables.emplace_back(result);
    if (stage != Stage::ended)
      table.error = Error(ErrorKind::cancelled, "the job was stopped before this table");
    all.rows_written += table.report.rows_written;
    all.bytes_written = all.bytes_written + table.report.bytes_written;
    if (table.error) all.status = stopped ? JobStatus::cancelled : JobStatus::failed;
  }
  return all;
}

}  // namespace leat::jobs_detail
