#include "leat/pipeline/detail/flow.hpp"

#include <random>

#include "leat/core/detail/message_of.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"
#include "leat/core/run_failure.hpp"

namespace leat::detail {
namespace {

/// What is told of an item that has failed. The server's DETAIL names the row.
std::string failure_text(const std::exception_ptr& error) {
  std::string text = message_of(error);
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    if (!known.detail().empty()) text.append(": ").append(known.detail());
  } catch (...) {  // NOLINT(bugprone-empty-catch): it has no DETAIL
  }
  return text;
}

std::uint64_t mixed(std::uint64_t value) noexcept {  // SplitMix64 (Steele, Lea, Flood 2014)
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

}  // namespace

std::string random_uuid() {
  std::random_device device;
  std::string text(36, '-');
  static constexpr char digits[] = "0123456789abcdef";
  unsigned bits = 0;
  int left = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    if (left == 0) {
      bits = device();
      left = 8;
    }
    unsigned digit = bits & 15U;
    bits >>= 4U;
    --left;
    if (i == 14) digit = 4;
    if (i == 19) digit = 8U | (digit & 3U);
    text[i] = digits[digit];
  }
  return text;
}

Flow::Flow(const PipelineOptions& options)
    : options_(options),
      tracks_(options.tracking == Tracking::on),
      wants_results_(options.on_result || options.keep_results == KeepResults::yes),
      random_(std::random_device{}()) {}

void Flow::add_stage(std::string name, const StageOptions& options, std::size_t tallies, bool is_stream,
                     bool is_asynchronous) {
  StageFlow& stage = stages_.emplace_back(std::move(name), options, tallies);
  stage.is_stream = is_stream;
  stage.threads = is_asynchronous ? 1 : options.workers;
}

bool Flow::enter_known(ItemRecord& record, Clock::time_point now) {
  if (tracks_) {
    record.entered = now;
    record.times.resize(stages_.size());
  }
  if (!record.id_was_given || ids_.insert(record)) return true;
  duplicates_.add();
  PipelineResult result = result_of(record, 0, Clock::now());
  result.message = "an item with the id \"" + result.id + "\" is already on its way";
  result.stage = "refill";
  options_.log.warning("pipeline " + options_.name + ": " + result.message);
  const auto error = std::make_exception_ptr(Error(ErrorKind::transform, result.message));
  result.error = error;
  tell(std::move(result), true);
  return false;
}

void Flow::source_failed(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  source_error_ = unwrapped(std::move(error)).error;
}

std::exception_ptr Flow::source_error() const {
  const std::lock_guard lock(mutex_);
  return source_error_;
}

std::exception_ptr Flow::as_failure(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Stopped&) {
    return std::make_exception_ptr(
        Error(ErrorKind::transform, "the hook ended as stopped, but nobody asked it to stop",
              {.hint = "a call in it was given a stop token of another's; give it the hook's own"}));
  } catch (...) {
    return thrown;
  }
}

std::exception_ptr Flow::as_end(std::exception_ptr thrown) {
  return unwrapped(as_failure(std::move(thrown))).error;
}

double Flow::random() noexcept {
  const std::uint64_t step = random_.fetch_add(0x9e3779b97f4a7c15U, std::memory_order_relaxed);
  return static_cast<double>(mixed(step) >> 11U) * 0x1.0p-53;
}

void Flow::pause(std::chrono::nanoseconds delay, const std::stop_token& stop) {
  detail::pause(delay, stop);
}

PipelineResult Flow::result_of(ItemRecord& record, std::size_t stages, Clock::time_point now) const {
  PipelineResult result;
  if (record.id.empty()) record.id = random_uuid();
  result.id = record.id;
  result.metadata = std::move(record.metadata);
  result.times.assign(record.times.all().begin(), record.times.all().end());
  if (tracks_) result.duration = now - record.entered;
  result.attempts = static_cast<int>(stages) + record.retries;
  return result;
}

void Flow::complete_known(std::size_t stage, ItemRecord& record, std::any stored, std::uint64_t emitted) {
  forget(record);
  PipelineResult result = result_of(record, stage + 1, tracks_ ? Clock::now() : Clock::time_point{});
  result.success = true;
  result.stored = std::move(stored);
  result.emitted = emitted;
  tell(std::move(result), false);
}

void Flow::fail_known(std::size_t stage, ItemRecord& record, const std::exception_ptr& thrown,
                      std::size_t others, bool is_logged) {
  forget(record);
  const auto [error, ends_run] = unwrapped(thrown);
  const std::uint64_t failures = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
  PipelineResult result = result_of(record, stage + 1, Clock::now());
  result.error = error;
  result.message = failure_text(error);
  result.stage = stages_[stage].name;
  if (is_logged) {
    const std::string and_others = others == 0 ? "" : " and " + std::to_string(others) + " of its batch";
    options_.log.warning("pipeline " + options_.name + ": item " + result.id + and_others +
                         " failed in stage " + result.stage +
                         " after attempts: " + std::to_string(result.attempts) + ": " + result.message);
  }
  const std::string told = "stage " + result.stage + ", item " + result.id;
  const std::string message = result.message;
  tell(std::move(result), true);
  if (ends_run) std::rethrow_exception(error);
  if (failures > options_.most_failures) {
    throw Error(
        ErrorKind::transform,
        counted(failures, "item") + " failed, which is more than most_failures allows; the last: " + message,
        {.where = told});
  }
  if (options_.on_failure == OnFailure::stop) std::rethrow_exception(error);
}

void Flow::log_failed_end(const std::string& stage, const std::exception_ptr& error) {
  options_.log.error("pipeline " + options_.name + ": the end of a worker of stage " + stage +
                     " threw: " + message_of(error));
}

template <class Callback, class Argument>
void Flow::call(const Callback& callback, const Argument& argument, const char* name) {
  if (!callback) return;
  try {
    callback(argument);
  } catch (...) {
    options_.log.error("pipeline " + options_.name + ": " + name +
                       " threw: " + message_of(std::current_exception()));
    const std::lock_guard lock(mutex_);
    if (!callback_error_) callback_error_ = std::current_exception();
  }
}

void Flow::tell(PipelineResult result, bool is_dead) {
  const std::lock_guard telling(telling_);
  if (is_dead && options_.on_failure == OnFailure::dead_letter)
    call(options_.dead_letter, result, "dead_letter");
  call(options_.on_result, result, "on_result");
  if (options_.keep_results == KeepResults::no) return;
  const std::lock_guard lock(results_mutex_);
  results_.push_back(std::move(result));
}

std::exception_ptr Flow::callback_error() const {
  const std::lock_guard lock(mutex_);
  return callback_error_;
}

std::vector<PipelineResult> Flow::results() const {
  const std::lock_guard lock(results_mutex_);
  return results_;
}

void Flow::end(const std::vector<MonitorStats>& hand_offs) {
  {
    const std::lock_guard lock(mutex_);
    ended_ = Clock::now();
  }
  call(options_.on_end, report(hand_offs), "on_end");
}

PipelineReport Flow::report(const std::vector<MonitorStats>& hand_offs) const {
  PipelineReport report{.name = options_.name};
  {
    const std::lock_guard lock(mutex_);
    report.running = !ended_;
    report.elapsed = ended_.value_or(Clock::now()) - started_;
  }
  // From the end to the start, so that nothing is seen to have ended that was not seen to come in.
  report.stages.resize(stages_.size());
  for (std::size_t i = stages_.size(); i-- > 0;) {
    const StageFlow& stage = stages_[i];
    StageReport& to = report.stages[i];
    to.name = stage.name;
    to.workers = stage.options.workers;
    to.threads = stage.threads;
    std::uint64_t busy = 0;
    for (const WorkerTally& worker : stage.workers) {
      to.completed += worker.completed.value();
      to.failed += worker.failed.value();
      to.retried += worker.retried.value();
      to.batches += worker.calls.value();
      report.emitted += worker.emitted.value();
      busy += worker.busy.value();
    }
    const std::uint64_t ended = to.completed + to.failed;
    if (ended != 0) to.average = std::chrono::nanoseconds(busy / ended);
    to.p50 = stage.times.quantile(0.5);
    to.p99 = stage.times.quantile(0.99);
    if (i < hand_offs.size()) {
      to.waiting = hand_offs[i].depth;
      to.most_waiting = hand_offs[i].high_water;
      to.waited_for_items = hand_offs[i].read_wait;
    }
    if (i + 1 < hand_offs.size()) to.waited_for_room = hand_offs[i + 1].write_wait;
    if (i + 1 == stages_.size() || stage.is_stream) report.completed += to.completed;
    report.failed += to.failed;
  }
  report.duplicates = duplicates_.value();
  report.failed += report.duplicates;
  report.entered = entered_.value();
  report.refills = refills_.value();
  const std::uint64_t came = report.entered + report.emitted;
  const std::uint64_t went = report.completed + report.failed;
  report.in_flight = came > went ? came - went : 0;
  return report;
}

std::chrono::nanoseconds Histogram::quantile(double part) const noexcept {
  std::uint64_t all = 0;
  for (const auto& bucket : buckets_) all += bucket.load(std::memory_order_relaxed);
  if (all == 0) return {};
  const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(all));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i].load(std::memory_order_relaxed);
    if (seen > wanted) return std::chrono::nanoseconds(middle_of(i));
  }
  return std::chrono::nanoseconds(middle_of(buckets_.size() - 1));
}

}  // namespace leat::detail
