#include "jobs/sink/sink_run.hpp"

#include <utility>

#include "jobs/sink/turn.hpp"

namespace leat::jobs_detail {
namespace {

/// All rows in one transaction of one session.
class OneTransaction final : public SinkRun {
 public:
  OneTransaction(PreparedLoad load, const StreamOptions& options)
      : SinkRun(std::move(load)), scope_(load_, options) {
    log_start(load_, options);
  }

  void write(std::size_t /*writer*/, const RowBatch& rows, const std::stop_token& stop) override {
    turn_.take(stop, [&] {
      begin(stop);
      counted(rows.size(), rows.bytes(), [&] { load_.load->write(rows, stop); });
    });
  }
  void flush(std::size_t /*writer*/, const std::stop_token& /*stop*/) override {}

  void commit(const std::stop_token& stop) override {
    begin(stop);
    const LoadCounts counts = scope_.finish(stop);
    scope_.commit(stop);
    scope_.require_all_done();
    report_ = scope_.report(counters(), counts);
  }

  void leave(std::size_t /*writer*/, bool /*is_done*/, const std::stop_token& /*stop*/) override {}

  [[nodiscard]] std::string abandon(const std::stop_token& stop) noexcept override {
    load_.load.reset();
    load_.target_session->rollback();
    return scope_.after_failure(stop);
  }

  [[nodiscard]] JobReport report() const override { return report_; }

 private:
  void begin(const std::stop_token& stop) {
    if (load_.load->begun()) return;
    scope_.before_rows(stop);
    load_.load->begin(load_.schema->format(), stop);
  }

  LoadScope scope_;
  Turn turn_;
  JobReport report_;
};

}  // namespace

std::unique_ptr<SinkRun> one_transaction(PreparedLoad load, const TableSinkOptions& options) {
  return std::make_unique<OneTransaction>(std::move(load), options.stream);
}

}  // namespace leat::jobs_detail
