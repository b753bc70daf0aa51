#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "jobs/prepare/load_scope.hpp"
#include "jobs/prepare/prepared_load.hpp"
#include "leat/core/error.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/jobs/options/table_sink_options.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/work/row_counters.hpp"

namespace leat::jobs_detail {

/// One run of a sink, from its first row on: how its rows get into transactions. A writer is a number, which
/// one thread uses at a time; different writers may be used at the same time. The other functions are called
/// when no writer works.
class SinkRun {
 public:
  explicit SinkRun(PreparedLoad load) : load_(std::move(load)) {}
  SinkRun(const SinkRun&) = delete;
  SinkRun& operator=(const SinkRun&) = delete;
  virtual ~SinkRun() = default;

  virtual void write(std::size_t writer, const RowBatch& rows, const std::stop_token& stop) = 0;
  /// Commits what the writer has written, where that is not left to the end.
  virtual void flush(std::size_t writer, const std::stop_token& stop) = 0;
  /// The writer works no more: what it has not flushed is to be committed, or not. Called by the writer.
  virtual void leave(std::size_t writer, bool is_done, const std::stop_token& stop) = 0;
  /// Commits what is not committed, and does what comes after the last commit.
  virtual void commit(const std::stop_token& stop) = 0;
  /// Gives up what is not committed. Returns what to tell of indexes that are missing; empty: nothing.
  [[nodiscard]] virtual std::string abandon(const std::stop_token& stop) noexcept = 0;
  /// What was committed. To be called while writers work, too.
  [[nodiscard]] virtual JobReport report() const = 0;

  /// @throws Error (config) unless the rows have the columns of the first ones.
  void require_columns(const Schema& rows) const;
  /// `error`, with what this run had done before it.
  [[nodiscard]] Error with_work(const Error& error) const;

 protected:
  /// Counts rows as read, writes them, and counts them as sent. A writer that fails may be the first one that
  /// writes at all: the error tells of its rows, too.
  template <class Write>
  void counted(std::uint64_t rows, std::uint64_t bytes, const Write& write) {
    counters_.rows_read += rows;
    counters_.bytes_read += bytes;
    write();
    counters_.rows_sent += rows;
    counters_.bytes_sent += bytes;
  }
  void count(std::uint64_t rows, std::uint64_t bytes) {
    counted(rows, bytes, [] {});
  }
  [[nodiscard]] const RowCounters& counters() const { return counters_; }

  PreparedLoad load_;  // all that there is to know of the target

 private:
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  RowCounters counters_;
};

/// All rows in one transaction of one session.
[[nodiscard]] std::unique_ptr<SinkRun> one_transaction(PreparedLoad load, const TableSinkOptions& options);
/// Each writer's rows in a transaction of its own, all committed at the end.
[[nodiscard]] std::unique_ptr<SinkRun> transaction_of_writers(PreparedLoad load,
                                                              const TableSinkOptions& options,
                                                              const std::stop_token& stop);
/// A transaction for what a writer writes between two flushes.
[[nodiscard]] std::unique_ptr<SinkRun> transaction_of_items(PreparedLoad load,
                                                            const TableSinkOptions& options,
                                                            const std::stop_token& stop);

/// By options.commit. `load` is all that there is to know of the target; `options` outlive the run. For
/// CommitPoint::run and worker nothing is committed before commit(), but a table that had to be made.
[[nodiscard]] std::unique_ptr<SinkRun> make_sink_run(PreparedLoad load, const TableSinkOptions& options,
                                                     const std::stop_token& stop);

}  // namespace leat::jobs_detail
