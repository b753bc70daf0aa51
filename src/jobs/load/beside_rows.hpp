#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/load/pace.hpp"
#include "jobs/match/renumbering.hpp"
#include "jobs/survey/table_facts.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// A table beside the target, into which a row hook writes, too.
struct BesideTarget {
  TableFacts facts{};                  ///< of a table that was found
  std::vector<std::string> columns{};  ///< what the rows have, in their order
  Renumbering renumbering{};

  [[nodiscard]] const TableInfo& table() const { return *facts.info; }
  [[nodiscard]] std::string copy_sql() const;
};

/// All of a load, in the order in which the hook has declared them, and how many rows they have got. Writers
/// share it. Thread-safe.
class BesideTables {
 public:
  /// `most_waiting`: of rows that each writer keeps.
  BesideTables(std::vector<BesideTarget> tables, ByteCount most_waiting)
      : tables_(std::move(tables)), most_waiting_(most_waiting), rows_(tables_.size()) {}

  [[nodiscard]] const std::vector<BesideTarget>& tables() const { return tables_; }
  [[nodiscard]] ByteCount most_waiting() const { return most_waiting_; }
  /// Counts rows of each table that are committed, or are when the load is.
  void count(std::span<const std::uint64_t> rows);
  [[nodiscard]] std::vector<RowsBeside> counts() const;

 private:
  const std::vector<BesideTarget> tables_;
  const ByteCount most_waiting_;
  std::vector<std::atomic<std::uint64_t>> rows_;
};

/// Rows of one transaction for tables beside. A session has one COPY at a time, so they wait until that of
/// the target's rows is ended for a moment. Used by one thread at a time.
class BesideRows {
 public:
  BesideRows(Connection& connection, std::shared_ptr<BesideTables> tables, SuppressedRows suppressed);

  /// Takes a batch of each table.
  void collect(std::vector<RowBatch> batches);
  /// More may not wait.
  [[nodiscard]] bool is_full() const { return waiting_bytes_ >= tables_->most_waiting().count(); }
  [[nodiscard]] bool empty() const { return waiting_bytes_ == 0; }
  /// Writes all that wait, when no COPY is under way. `pace` may be null. @throws Error (target): P0001 where
  /// a table has left rows out that it must take.
  void write(Pace* pace, const std::stop_token& stop);
  /// When all are written. @throws Error (target, 55000) where a table has changed since it was looked at.
  void check_unchanged(const std::stop_token& stop) const;
  /// Of each table.
  [[nodiscard]] std::span<const std::uint64_t> rows() const { return rows_; }

 private:
  Connection& connection_;
  const std::shared_ptr<BesideTables> tables_;
  const SuppressedRows suppressed_;
  std::vector<std::vector<RowBatch>> waiting_;  // of each table
  std::size_t waiting_bytes_ = 0;
  std::vector<std::uint64_t> rows_;
};

}  // namespace leat::jobs_detail
