#include "jobs/sink/sink_run.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/options/late_stop.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/run/part_loads.hpp"
#include "jobs/survey/commit_inquiry.hpp"

namespace leat::jobs_detail {
namespace {

/// Each writer's rows in a transaction of its own, all committed at the end.
class TransactionOfWriters final : public SinkRun {
 public:
  TransactionOfWriters(PreparedLoad load, const TableSinkOptions& options, const std::stop_token& stop)
      : SinkRun(std::move(load)),
        scope_(load_, options.stream),
        parts_(load_, options.target, options.stream,
               "rows that must be there together need CommitPoint::run") {
    log_start(load_, options.stream);
    // Rows are visible from each commit on, so there is no moment before all of them.
    scope_.mark({LoadStep::publish, LoadStep::verify, LoadStep::indexes, LoadStep::hook});
    scope_.create(stop);
    scope_.restore(stop);
    load_.target_session->begin(target_transaction, stop);
  }

  void write(std::size_t writer, const RowBatch& rows, const std::stop_token& stop) override {
    explained([&] {
      TableLoad& part = part_of(writer, stop);
      if (!part.begun()) part.begin(load_.schema->format(), stop);
      counted(rows.size(), rows.bytes(), [&] { part.write(rows, stop); });
    });
  }
  void flush(std::size_t /*writer*/, const std::stop_token& /*stop*/) override {}

  void commit(const std::stop_token& stop) override {
    std::vector<std::string> notes;
    LoadCounts counts;
    scope_.mark({LoadStep::rows});
    try {
      explained([&] { scope_.commit_by([&] { counts = parts_.commit(notes, stop); }, stop); });
    } catch (const PartlyCommitted& failure) {
      throw failure.error;
    }
    // The session in which the table was looked at, if nobody has written.
    if (opened_ == 0) load_.target_session->rollback();
    scope_.mark({LoadStep::count});
    // The rows are there; a stop leaves some time for what follows from them.
    const LateStop late(stop, longest_inquiry_after_stop);
    scope_.finish_parts(late.token());
    scope_.require_all_done();
    report_ = scope_.report(counters(), counts);
    append_all(report_.remarks, notes);
  }

  void leave(std::size_t /*writer*/, bool /*is_done*/, const std::stop_token& /*stop*/) override {}

  [[nodiscard]] std::string abandon(const std::stop_token& /*stop*/) noexcept override {
    parts_.abandon();
    return {};
  }

  [[nodiscard]] JobReport report() const override { return report_; }

 private:
  template <class Body>
  static void explained(const Body& body) {
    try {
      body();
    } catch (const Error& error) {
      throw explain_wait(error, "rows that meet like this are committed with CommitPoint::run");
    }
  }

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

  LoadScope scope_;
  PartLoads parts_;
  std::atomic<std::size_t> opened_{0};
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
