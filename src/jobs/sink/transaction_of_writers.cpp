#include "jobs/sink/sink_run.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/run/part_loads.hpp"

namespace leat::jobs_detail {
namespace {

/// Each writer's rows in a transaction of its own, all committed at the end.
class TransactionOfWriters final : public SinkRun {
 public:
  TransactionOfWriters(PreparedLoad load, const TableSinkOptions& options, const std::stop_token& stop)
      : load_(std::move(load)), scope_(load_, options.stream), parts_(load_, options.target, options.stream) {
    log_start(load_, options.stream);
    // Rows are visible from each commit on, so there is no moment before all of them.
    scope_.mark({LoadStep::publish, LoadStep::verify, LoadStep::indexes, LoadStep::hook});
    scope_.create(stop);
    scope_.restore(stop);
    load_.target_session->begin(target_transaction, stop);
  }

  void write(std::size_t writer, const RowBatch& rows, const std::stop_token& stop) override {
    TableLoad& part = part_of(writer, stop);
    if (!part.begun()) part.begin(load_.schema->format(), stop);
    part.write(rows, stop);
    count_sent(counters_, rows);
  }
  void flush(std::size_t /*writer*/, const std::stop_token& /*stop*/) override {}

  void commit(const std::stop_token& stop) override {
    std::vector<std::string> notes;
    LoadCounts counts;
    scope_.mark({LoadStep::rows});
    try {
      scope_.commit_by([&] { counts = parts_.commit(notes, stop); }, stop);
    } catch (const PartlyCommitted& failure) {
      throw failure.error;
    }
    scope_.mark({LoadStep::count});
    scope_.finish_parts(stop);
    scope_.require_all_done();
    report_ = scope_.report(counters_, counts);
    append_all(report_.remarks, notes);
  }

  void abandon() noexcept override { parts_.abandon(); }

  [[nodiscard]] JobReport report() const override { return report_; }

 private:
  TableLoad& part_of(std::size_t writer, const std::stop_token& stop) {
    {
      const std::lock_guard lock(mutex_);
      const auto known = of_writers_.find(writer);
      if (known != of_writers_.end()) return *known->second;
    }
    // The job's own session is the first writer's that comes.
    TableLoad& part = parts_.open(opened_++, stop);
    const std::lock_guard lock(mutex_);
    return *of_writers_.emplace(writer, &part).first->second;
  }

  PreparedLoad load_;
  LoadScope scope_;
  PartLoads parts_;
  std::atomic<std::size_t> opened_{0};
  RowCounters counters_;
  JobReport report_;
  std::mutex mutex_;
  std::map<std::size_t, TableLoad*> of_writers_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<SinkRun> transaction_of_writers(PreparedLoad load, const TableSinkOptions& options,
                                                const std::stop_token& stop) {
  return std::make_unique<TransactionOfWriters>(std::move(load), options, stop);
}

}  // namespace leat::jobs_detail
