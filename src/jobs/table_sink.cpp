#include "leat/jobs/table_sink.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>

#include "jobs/options/late_stop.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/sink/prepare_sink.hpp"
#include "jobs/sink/sink_outcome.hpp"
#include "jobs/sink/sink_run.hpp"
#include "jobs/sink/turn.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/core/run_failure.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat {
namespace {

using jobs_detail::SinkRun;

constexpr const char* run_was_stopped = "the run was stopped; nothing was committed";

}  // namespace

class TableSink::Impl {
 public:
  explicit Impl(TableSinkOptions options) : options_(std::move(options)) {
    jobs_detail::validate_sink(options_);
    options_.stream.log = options_.stream.log.with({{"table", options_.to}});
  }

  /// Workers' transactions, too, are committed when all of them have done all items.
  [[nodiscard]] CommitPoint commit_point() const {
    return options_.commit == CommitPoint::item ? CommitPoint::item : CommitPoint::run;
  }

  [[nodiscard]] std::size_t begin() {
    const std::lock_guard lock(mutex_);
    if (is_over_) throw Error(ErrorKind::config, "the sink's run has ended for its other writers");
    ++writers_;
    return begun_++;
  }

  [[nodiscard]] std::shared_ptr<const Schema> schema(const std::vector<std::string>& names,
                                                     const std::stop_token& stop) {
    return turn_.take(stop, [&] {
      if (!schema_ || schema_names_ != names) {
        schema_ = jobs_detail::sink_schema(session(stop), options_, names, stop);
        schema_names_ = names;
      }
      return schema_;
    });
  }

  void write(std::size_t writer, const RowBatch& rows, const std::stop_token& stop) {
    if (rows.empty()) return;
    guarded([&] {
      SinkRun& run = run_of(*rows.schema(), stop);
      run.require_columns(*rows.schema());
      run.write(writer, rows, stop);
    });
  }
  void flush(std::size_t writer, const std::stop_token& stop) {
    if (options_.commit != CommitPoint::item) return;
    SinkRun* const run = current();
    if (run != nullptr) guarded([&] { run->flush(writer, stop); });
  }

  void end(std::size_t writer, WorkOutcome outcome, const std::stop_token& stop) {
    const bool is_done = outcome == WorkOutcome::done;
    std::exception_ptr error;
    if (options_.commit == CommitPoint::item) {
      error = leave_run(writer, is_done, stop);
    } else if (is_done) {
      error = end_together(stop);
    } else {
      give_up();
    }
    leave(error, stop);
    if (error) std::rethrow_exception(error);
  }

  /// A writer's error as a hook throws it. One of all items is a RunFailure; of a transaction that all share
  /// it is the first error, whichever writer tells it.
  [[nodiscard]] std::exception_ptr as_hook_error(std::exception_ptr thrown) const {
    const bool is_shared = options_.commit != CommitPoint::item;
    try {
      std::rethrow_exception(thrown);
    } catch (const Stopped&) {
      return thrown;
    } catch (const Error& error) {
      // Before there is a run, the table and the options are looked at, which are the same for every item.
      if (!is_shared && (current() != nullptr || error.retryable())) return thrown;
    } catch (...) {
      if (!is_shared) return thrown;
    }
    const std::lock_guard lock(mutex_);
    return std::make_exception_ptr(RunFailure(is_shared && failure_ ? failure_ : thrown));
  }

  [[nodiscard]] JobReport report() const {
    const std::lock_guard lock(mutex_);
    JobReport all = done_;
    if (run_ && options_.commit == CommitPoint::item) jobs_detail::add_report(all, run_->report());
    return all;
  }

 private:
  [[nodiscard]] SinkRun* current() const {
    const std::lock_guard lock(mutex_);
    return run_.get();
  }

  /// The session in whose transaction the table is looked at. In turn_.
  [[nodiscard]] Connection& session(const std::stop_token& stop) {
    if (!session_) session_ = jobs_detail::open_sink(options_, stop);
    return *session_;
  }

  /// The run, which begins with the first batch.
  [[nodiscard]] SinkRun& run_of(const Schema& rows, const std::stop_token& stop) {
    if (SinkRun* const run = current()) return *run;
    return turn_.take(stop, [&]() -> SinkRun& {
      if (SinkRun* const run = current()) return *run;
      static_cast<void>(session(stop));
      auto load = jobs_detail::prepare_sink(std::exchange(session_, nullptr), options_, rows, stop);
      auto run = jobs_detail::make_sink_run(std::move(load), options_, stop);
      const std::lock_guard lock(mutex_);
      run_ = std::move(run);
      return *run_;
    });
  }

  /// Where a transaction is shared, an error of one is an error of all.
  template <class Body>
  void guarded(const Body& body) {
    if (options_.commit == CommitPoint::item) return counted(body);
    {
      const std::lock_guard lock(mutex_);
      if (failure_) std::rethrow_exception(jobs_detail::told_to_others(failure_));
    }
    try {
      counted(body);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      throw;
    }
  }

  /// Its errors say what the run has done. Where items are committed by themselves, others go on meanwhile,
  /// so only report() knows.
  template <class Body>
  void counted(const Body& body) {
    try {
      body();
    } catch (const Error& thrown) {
      const auto error = jobs_detail::in_sink_words(thrown, options_.commit == CommitPoint::run);
      const SinkRun* const run = options_.commit == CommitPoint::item ? nullptr : current();
      throw run == nullptr ? error : run->with_work(error);
    }
  }

  /// A writer ends without having done its work.
  void give_up() {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_ =
        std::make_exception_ptr(Error(ErrorKind::cancelled, "another writer of the sink has not ended well"));
  }

  /// Waits until all others have come here, or left. The last one commits for all; what came of it.
  [[nodiscard]] std::exception_ptr end_together(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    ++waiting_;
    const auto all_came = [this] { return is_over_ || (!is_committing_ && waiting_ == writers_); };
    if (all_came()) changed_.notify_all();
    if (!changed_.wait(lock, stop, all_came)) {
      // Whoever commits hears the stop as well, and knows what became of the rows.
      if (is_committing_) {
        changed_.wait(lock, [this] { return is_over_; });
      } else {
        --waiting_;
        if (!failure_) failure_ = std::make_exception_ptr(Error(ErrorKind::cancelled, "the run was stopped"));
        return jobs_detail::told_at_end(failure_);
      }
    }
    if (is_over_) return end_;
    if (!failure_) {
      is_committing_ = true;
      lock.unlock();
      auto error = commit(stop);
      lock.lock();
      if (!error && run_) jobs_detail::add_report(done_, run_->report());
      is_committed_ = !error;
      end_ = std::move(error);
    } else {
      end_ = jobs_detail::told_at_end(failure_);
    }
    is_over_ = true;
    changed_.notify_all();
    return end_;
  }

  [[nodiscard]] std::exception_ptr commit(const std::stop_token& stop) noexcept {
    try {
      jobs_detail::unless_stopped(
          [&] {
            if (current() == nullptr) begin_without_rows(stop);
            SinkRun* const run = current();
            if (run != nullptr) counted([&] { run->commit(stop); });
          },
          run_was_stopped);
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }
  /// So that the old rows go, if the mode removes them.
  void begin_without_rows(const std::stop_token& stop) {
    std::shared_ptr<const Schema> columns;
    try {
      columns = schema({}, stop);
    } catch (const Error& error) {
      // Nothing says what would have to be made.
      if (options_.stream.create == CreateTarget::never || error.sqlstate() != sqlstate::undefined_table)
        throw;
      return;
    }
    static_cast<void>(run_of(*columns, stop));
  }

  /// Where each item is committed: what the writer has not flushed.
  [[nodiscard]] std::exception_ptr leave_run(std::size_t writer, bool is_done,
                                             const std::stop_token& stop) noexcept {
    try {
      SinkRun* const run = current();
      if (run != nullptr) counted([&] { run->leave(writer, is_done, stop); });
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  /// The last writer ends the run; what that says is added to `error`.
  void leave(std::exception_ptr& error, const std::stop_token& stop) noexcept {
    SinkRun* run = nullptr;
    bool is_committed = false;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_ > 0 && is_over_) --waiting_;
      if (--writers_ > 0) return changed_.notify_all();
      is_over_ = true;  // nobody begins before it is forgotten
      is_committed = is_committed_;
      run = run_.get();
    }
    if (run != nullptr && options_.commit == CommitPoint::item) {
      finish(*run, error, stop);
    } else if (run != nullptr && !is_committed) {
      jobs_detail::tell_missing(run->abandon(stop), options_.stream.log, error);
    }
    std::unique_ptr<SinkRun> ended;
    std::shared_ptr<Connection> session;
    const std::lock_guard lock(mutex_);
    if (run != nullptr && options_.commit == CommitPoint::item) jobs_detail::add_report(done_, run->report());
    ended = std::move(run_);
    session = std::move(session_);
    schema_ = nullptr;
    failure_ = nullptr;
    end_ = nullptr;
    begun_ = 0;
    waiting_ = 0;
    is_over_ = false;
    is_committing_ = false;
    is_committed_ = false;
  }
  /// After the last item that is committed by itself. A stop leaves some time for it.
  void finish(SinkRun& run, std::exception_ptr& error, const std::stop_token& stop) noexcept {
    try {
      const jobs_detail::LateStop late(stop, jobs_detail::longest_inquiry_after_stop);
      counted([&] { run.commit(late.token()); });
    } catch (...) {
      if (!error) error = std::current_exception();
    }
    jobs_detail::tell_missing(run.abandon(stop), options_.stream.log, error);
  }

  TableSinkOptions options_;  // constant after construction

  jobs_detail::Turn turn_;  // of who looks at the table
  // Used in turn_
  std::shared_ptr<Connection> session_;
  std::shared_ptr<const Schema> schema_;
  std::vector<std::string> schema_names_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::unique_ptr<SinkRun> run_;  // null before the first batch; itself used by all writers
  std::size_t writers_ = 0;       // that have not ended
  std::size_t begun_ = 0;
  std::size_t waiting_ = 0;  // of them, for the end of the others
  bool is_committing_ = false;
  bool is_over_ = false;
  bool is_committed_ = false;
  std::exception_ptr failure_;  // the first one of this run
  std::exception_ptr end_;      // what end() tells all
  JobReport done_{};
};

TableSink::TableSink(TableSinkOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
TableSink::~TableSink() = default;

TableSinkWriter TableSink::writer() {
  return TableSinkWriter(*this);
}

CommitPoint TableSink::commit_point() const noexcept {
  return impl_->commit_point();
}

JobReport TableSink::report() const {
  return impl_->report();
}

void TableSinkWriter::begin(const std::stop_token& stop) {
  number_ = sink_->impl_->begin();
  stop_ = stop;
}

std::shared_ptr<const Schema> TableSinkWriter::schema(const std::vector<std::string>& names,
                                                      const std::stop_token& stop) {
  return sink_->impl_->schema(names, stop);
}

void TableSinkWriter::write(const RowBatch& rows, const std::stop_token& stop) {
  sink_->impl_->write(number_, rows, stop);
}

std::exception_ptr TableSinkWriter::as_hook_error(std::exception_ptr thrown) const {
  return sink_->impl_->as_hook_error(std::move(thrown));
}

void TableSinkWriter::flush(const std::stop_token& stop) {
  sink_->impl_->flush(number_, stop);
}

void TableSinkWriter::end(WorkOutcome outcome) {
  sink_->impl_->end(number_, outcome, stop_);
}

}  // namespace leat
