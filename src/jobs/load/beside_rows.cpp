#include "jobs/load/beside_rows.hpp"

#include <utility>

#include "jobs/options/locked_tables.hpp"
#include "leat/core/byte_weight.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/copy/copy_writer.hpp"

namespace leat::jobs_detail {

std::string BesideTarget::copy_sql() const {
  return copy_from_sql(table().name, columns, RowFormat::binary);
}

void BesideTables::count(std::span<const std::uint64_t> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) rows_[i] += rows[i];
}

std::vector<RowsBeside> BesideTables::counts() const {
  std::vector<RowsBeside> counts;
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    counts.push_back({.table = tables_[i].table().name.display(), .rows = rows_[i]});
  }
  return counts;
}

BesideRows::BesideRows(Connection& connection, std::shared_ptr<BesideTables> tables,
                       SuppressedRows suppressed)
    : connection_(connection),
      tables_(std::move(tables)),
      suppressed_(suppressed),
      waiting_(tables_->tables().size()),
      rows_(tables_->tables().size()) {}

void BesideRows::collect(std::vector<RowBatch> batches) {
  for (std::size_t i = 0; i < batches.size(); ++i) {
    if (batches[i].empty()) continue;
    waiting_bytes_ += byte_weight_of(batches[i]);
    waiting_[i].push_back(std::move(batches[i]));
  }
}

void BesideRows::write(Pace* pace, const std::stop_token& stop) {
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i].empty()) continue;
    const BesideTarget& target = tables_->tables()[i];
    std::uint64_t sent = 0;
    std::uint64_t taken = 0;
    try {
      CopyWriter writer(connection_, target.copy_sql(), RowFormat::binary, stop);
      for (auto& batch : waiting_[i]) {
        if (!target.renumbering.empty()) target.renumbering.apply(batch);
        if (pace != nullptr) pace->wait(ByteCount{batch.bytes()}, stop);
        writer.write(batch, stop);
        sent += batch.size();
      }
      taken = writer.finish(stop);
    } catch (const Error& error) {
      throw with_locked_tables(error, target.table().name.display());
    }
    waiting_[i].clear();
    rows_[i] += taken;
    if (taken == sent || suppressed_ == SuppressedRows::allow) continue;
    throw Error(ErrorKind::target,
                target.table().name.display() + " took " + std::to_string(taken) + " of " +
                    detail::rows_text(sent) + " that the row hook wrote beside; nothing was committed",
                {.sqlstate = "P0001",
                 .hint = "a trigger of the table leaves rows out: drop it for the time of the "
                         "load, or keep triggers silent (Triggers::disable)"});
  }
  waiting_bytes_ = 0;
}

void BesideRows::check_unchanged(const std::stop_token& stop) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const TableInfo& table = tables_->tables()[i].table();
    if (rows_[i] == 0 || TableManager(connection_).is_unchanged(table, stop)) continue;
    throw Error(
        ErrorKind::target,
        table.name.display() + " was changed by somebody else after it was looked at; nothing was committed",
        {.sqlstate = "55000", .hint = "run the job again"});
  }
}

}  // namespace leat::jobs_detail
