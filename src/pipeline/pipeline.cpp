#include "leat/pipeline/pipeline.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "leat/core/error.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/pipeline/detail/flow.hpp"
#include "leat/pipeline/detail/io_runner.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/detail/validate_options.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/pipeline_builder.hpp"

namespace leat {
namespace detail {

using Stages = std::vector<std::unique_ptr<StageNode>>;

namespace {

bool is_cancelled(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    return known.kind() == ErrorKind::cancelled;
  } catch (...) {
    return false;
  }
}

}  // namespace

/// One run. Members go in the reverse order: the threads first, then what coroutines use.
class PipelineRun {
 public:
  PipelineRun(const PipelineOptions& options, SourceNode& source, const Stages& stages)
      : flow_(options), io_(options.io) {
    for (const auto& stage : stages) {
      boxes_.push_back(stage->make_input());
      flow_.add_stage(stage->name(), stage->options(), stage->tallies(), stage->is_stream(),
                      stage->is_asynchronous());
    }
    source.add_pool(group_, flow_, *boxes_.front(), drain_.get_token());
    std::size_t asynchronous = 0;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      HandOffBox* out = i + 1 < stages.size() ? boxes_[i + 1].get() : nullptr;
      kept_.push_back(stages[i]->add_pools({group_, flow_, &io_, i, *boxes_[i], out}));
      if (stages[i]->is_asynchronous()) ++asynchronous;
    }
    io_.add_pool(group_, asynchronous);
  }

  void start() {
    begin_run();
    try {
      group_.start();
    } catch (...) {
      static_cast<void>(end_run(std::current_exception()));
      throw;
    }
  }

  /// Ends a run that nobody supervises, with this error.
  void give_up(const std::exception_ptr& error) {
    stop(StopMode::abort);
    try {
      group_.wait();
    } catch (...) {  // NOLINT(bugprone-empty-catch): that it was stopped
    }
    static_cast<void>(end_run(error));
  }

  void stop(StopMode mode) {
    drain_.request_stop();
    if (mode == StopMode::abort) group_.request_stop();
  }

  /// Until all threads have ended. Returns what run() throws, or null.
  std::exception_ptr supervise() {
    const PipelineOptions& options = flow_.options();
    const bool speaks = options.stats_interval.count() > 0 && options.log.enabled(LogLevel::info);
    while (!group_.wait_for(speaks ? std::chrono::nanoseconds(options.stats_interval)
                                   : std::chrono::hours(24))) {
      if (speaks) options.log.info(to_string(report()));
    }
    std::exception_ptr error;
    try {
      group_.wait();
    } catch (...) {
      error = std::current_exception();
    }
    if (!error) error = flow_.source_error();
    if (!error) error = flow_.callback_error();
    error = end_run(error);
    flow_.end(hand_offs());
    if (!error) error = flow_.callback_error();
    if (speaks) options.log.info(to_string(report()));
    return error;
  }

  [[nodiscard]] PipelineReport report() const { return flow_.report(hand_offs()); }
  [[nodiscard]] std::vector<PipelineResult> results() const { return flow_.results(); }

 private:
  void begin_run() {
    if (!flow_.options().begin_run) return;
    try {
      flow_.options().begin_run(group_.token());
    } catch (...) {
      if (group_.token().stop_requested()) throw Error(ErrorKind::cancelled, "stopped on request");
      std::rethrow_exception(Flow::as_end(std::current_exception()));
    }
  }

  /// Ends what begin_run() has begun. Returns what run() throws.
  std::exception_ptr end_run(std::exception_ptr error) {
    const PipelineOptions& options = flow_.options();
    if (!options.end_run) return error;
    try {
      options.end_run(!error                ? WorkOutcome::done
                      : is_cancelled(error) ? WorkOutcome::stopped
                                            : WorkOutcome::failed);
    } catch (...) {
      const auto failure = Flow::as_end(std::current_exception());
      if (!error) return failure;
      flow_.log_failed_end("run", failure);
    }
    return error;
  }

  [[nodiscard]] std::vector<MonitorStats> hand_offs() const {
    std::vector<MonitorStats> stats;
    for (const auto& box : boxes_) stats.push_back(box->stats());
    return stats;
  }

  std::stop_source drain_;
  Flow flow_;
  std::vector<std::unique_ptr<HandOffBox>> boxes_;
  IoRunner io_;
  std::vector<std::shared_ptr<void>> kept_;
  PoolGroup group_;
};

}  // namespace detail

class Pipeline::Impl {
 public:
  Impl(PipelineOptions options, std::unique_ptr<detail::SourceNode> source, detail::Stages stages)
      : options_(std::move(options)), source_(std::move(source)), stages_(std::move(stages)) {
    detail::validate(options_);
    if (stages_.empty()) throw Error(ErrorKind::config, "pipeline " + options_.name + " has no stages");
    if (stages_.back()->is_stream()) {
      throw Error(ErrorKind::config,
                  "stage \"" + stages_.back()->name() + "\" is a stream, so a stage must follow it");
    }
    for (const auto& stage : stages_) {
      if (stage == stages_.back() || stage->options().commit == CommitPoint::item) continue;
      throw Error(ErrorKind::config, "stage \"" + stage->name() +
                                         "\".commit: only that of the last stage can be " + "worker or run");
    }
  }

  ~Impl() {
    stop(StopMode::abort);
    if (supervisor_.joinable()) supervisor_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// @param stop a request there aborts while it starts.
  void start(const std::stop_token& stop = {}) {
    auto run = std::make_shared<detail::PipelineRun>(options_, *source_, stages_);
    std::shared_ptr<detail::PipelineRun> before;
    {
      const std::lock_guard lock(mutex_);
      if (running_) throw std::logic_error("pipeline " + options_.name + " is running");
      before = std::exchange(run_, run);
      running_ = true;
    }
    if (supervisor_.joinable()) supervisor_.join();
    // Without the lock, since callbacks of the user's are called.
    try {
      const std::stop_callback on_stop(stop, [&run] { run->stop(StopMode::abort); });
      run->start();
      try {
        supervisor_ = std::thread([this, run] { supervise(*run); });
      } catch (...) {
        run->give_up(std::current_exception());
        throw;
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      running_ = false;
      run_ = std::move(before);
      throw;
    }
  }

  void stop(StopMode mode) {
    const std::lock_guard lock(mutex_);
    if (running_) run_->stop(mode);
  }

  PipelineReport wait() {
    std::unique_lock lock(mutex_);
    if (!run_) throw std::logic_error("pipeline " + options_.name + " was never started");
    ended_.wait(lock, [this] { return !running_; });
    if (error_) std::rethrow_exception(error_);
    return run_->report();
  }

  bool wait_for(std::chrono::nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    return ended_.wait_for(lock, timeout, [this] { return !running_; });
  }

  [[nodiscard]] bool is_running() const {
    const std::lock_guard lock(mutex_);
    return running_;
  }
  [[nodiscard]] PipelineReport report() const {
    const auto run = current();
    return run ? run->report() : PipelineReport{.name = options_.name};
  }
  [[nodiscard]] std::vector<PipelineResult> results() const {
    const auto run = current();
    return run ? run->results() : std::vector<PipelineResult>{};
  }

 private:
  [[nodiscard]] std::shared_ptr<detail::PipelineRun> current() const {
    const std::lock_guard lock(mutex_);
    return run_;
  }

  void supervise(detail::PipelineRun& run) {
    std::exception_ptr error = run.supervise();
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    running_ = false;
    ended_.notify_all();
  }

  // Constant after construction
  PipelineOptions options_;
  std::unique_ptr<detail::SourceNode> source_;
  detail::Stages stages_;

  mutable std::mutex mutex_;
  std::condition_variable ended_;
  // Guarded by mutex_
  std::shared_ptr<detail::PipelineRun> run_;
  std::exception_ptr error_;
  bool running_ = false;

  std::thread supervisor_;
};

Pipeline::Pipeline(PipelineOptions options, std::unique_ptr<detail::SourceNode> source, detail::Stages stages)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(source), std::move(stages))) {}
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;
Pipeline::~Pipeline() = default;

PipelineReport Pipeline::run(const std::stop_token& stop) {
  impl_->start(stop);
  const std::stop_callback on_stop(stop, [this] { impl_->stop(StopMode::abort); });
  return impl_->wait();
}
void Pipeline::start() {
  impl_->start();
}
void Pipeline::stop(StopMode mode) {
  impl_->stop(mode);
}
PipelineReport Pipeline::wait() {
  return impl_->wait();
}
bool Pipeline::wait_for(std::chrono::nanoseconds timeout) {
  return impl_->wait_for(timeout);
}
bool Pipeline::is_running() const noexcept {
  return impl_->is_running();
}
PipelineReport Pipeline::report() const {
  return impl_->report();
}
std::vector<PipelineResult> Pipeline::results() const {
  return impl_->results();
}

namespace detail {

void add_stage(Stages& stages, std::unique_ptr<StageNode> stage, bool has_end) {
  const std::string& name = stage->name();
  static constexpr std::array<std::string_view, 2> reserved{"refill", "io"};
  if (name.empty()) throw Error(ErrorKind::config, "a stage needs a name");
  if (stage->options().commit != CommitPoint::item && !has_end) {
    throw Error(ErrorKind::config,
                "stage \"" + name + "\".commit needs a hook of each worker that has end(WorkOutcome)",
                {.hint = "give the stage per_worker(factory), or leave commit as it is"});
  }
  if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
    throw Error(ErrorKind::config,
                "a stage cannot be called \"" + name + "\": that is a name of the pipeline's own");
  }
  for (const auto& other : stages) {
    if (other->name() == name) throw Error(ErrorKind::config, "two stages are called \"" + name + "\"");
  }
  validate(stage->options(), "stage \"" + name + "\"");
  stages.push_back(std::move(stage));
}

StageOptions options_of_sink(const std::string& stage, StageOptions options, CommitPoint commit) {
  if (options.commit != CommitPoint::item && options.commit != commit) {
    throw Error(ErrorKind::config, "stage \"" + stage + "\".commit is not that of its sink",
                {.hint = "leave it out: into() sets it; CommitPoint is an option of the sink"});
  }
  if (commit != CommitPoint::item && options.retry.attempts > 1) {
    throw Error(ErrorKind::config,
                "stage \"" + stage +
                    "\".retry: the sink's rows are one transaction, of which no part can be tried again",
                {.hint = "commit each item by itself (CommitPoint::item), or run the pipeline again"});
  }
  options.commit = commit;
  return options;
}

std::unique_ptr<ItemRecord> record_of_emitted(const ItemRecord* parent, std::uint64_t number) {
  if (parent == nullptr) return nullptr;
  auto record = std::make_unique<ItemRecord>();
  if (!parent->id.empty()) record->id = parent->id + "/" + std::to_string(number);
  record->metadata = parent->metadata;
  record->times.resize(parent->times.all().size());
  if (!parent->times.all().empty()) record->entered = Clock::now();
  return record;
}

}  // namespace detail
}  // namespace leat
