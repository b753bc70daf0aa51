#include "jobs/run/row_move.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "leat/core/memory_budget.hpp"
#include "leat/transform/detail/shaped_hook.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::chrono::milliseconds longest_tick{500};

}  // namespace

Workers workers_of(const CopyTableOptions& options) {
  // Zero: not chosen, as for the tables of a CopyTables.
  const WorkerCounts most{.readers = std::max<std::size_t>(options.readers, 1),
                          .writers = std::max<std::size_t>(options.writers, 1)};
  return {.limits = {.least = {.readers = options.may_rest.readers ? 1 : most.readers,
                               .writers = options.may_rest.writers ? 1 : most.writers},
                     .most = most},
          .hooks = (options.transform_workers + most.readers - 1) / most.readers};
}

BatchHolders holders_of(const Workers& workers, const Transform& hook, UnitCommit commit) {
  const WorkerCounts& most = workers.limits.most;
  return {.readers = most.readers,
          .writers = most.writers,
          .hooks = hook ? most.readers * workers.hooks : 0,
          .each_alone = commit == UnitCommit::each_alone,
          .reshapes = hook.shaping() != nullptr};
}

RowMove::RowMove(const PreparedLoad& load, RowMoveSetup setup)
    : load_(load),
      setup_(std::move(setup)),
      holders_(holders_of(setup_.workers, setup_.transform, setup_.commit)),
      pool_(holders_.idle(), setup_.stream.batch_bytes.count()) {}

UnitEngineSetup RowMove::engine_setup() {
  // What others share may be used up by them, and does not bound what is this job's own.
  const ByteCount waiting = waiting_bytes(setup_.stream, holders_);
  const auto shared = setup_.stream.budget;
  const bool has_one_channel = setup_.commit == UnitCommit::together;
  UnitEngineSetup engine{
      .commit = setup_.commit,
      .make_reader =
          [this] { return setup_.units != nullptr ? setup_.units->reader() : whole_reader(*load_.rows); },
      .make_writer = [this](std::size_t number,
                            const std::stop_token& stop) { return setup_.make_writer(*this, number, stop); },
      .log = setup_.stream.log,
      .workers = setup_.workers.limits,
      .hooks = setup_.workers.hooks,
      .read = {.batch_bytes = setup_.stream.batch_bytes,
               .flush_after = setup_.stream.flush_after,
               .pool = &pool_},
      .pool = &pool_,
      .channel = {.items = most_batches,
                  .bytes = ByteCount{waiting.count() / (shared ? holders_.channels() : 1)}},
      .budget = shared || has_one_channel ? shared : std::make_shared<MemoryBudget>(waiting)};
  if (setup_.transform.shaping() != nullptr) {
    engine.make_shaped_hook = [this] {
      return ShapedHook{.run = setup_.transform.shaping()->prepare(load_.shapes),
                        .schemas = load_.shapes,
                        .batch_bytes = static_cast<std::size_t>(setup_.stream.batch_bytes.count())};
    };
  } else if (setup_.transform) {
    engine.make_hook = [this] { return setup_.transform.prepare(*load_.schema); };
  }
  return engine;
}

void RowMove::run(const std::stop_token& stop) {
  engine_ = std::make_unique<UnitEngine>(setup_.coordinator, engine_setup(), stop);
  engine_->start();
  const auto& tell = setup_.stream.on_progress;
  const auto interval = setup_.stream.progress_interval;
  auto last_progress = std::chrono::steady_clock::now();
  const auto tick = setup_.on_tick ? std::min(longest_tick, interval) : interval;
  while (!engine_->wait_for(tick)) {
    if (setup_.on_tick) setup_.on_tick(stop);
    engine_->balance_workers();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_progress < interval) continue;
    last_progress = now;
    if (tell) tell_progress();
  }
  engine_->wait();
  if (tell && setup_.tells_units) tell(progress());
}

void RowMove::tell_progress() {
  const std::lock_guard lock(telling_);
  if (commits_) return;
  telling_failed_ = true;
  setup_.stream.on_progress(progress());
  telling_failed_ = false;
}

void RowMove::begin_commit(const std::stop_token& stop) {
  // The job does not end before the callback has, so there is no need to hear a stop earlier.
  const std::lock_guard lock(telling_);
  if (telling_failed_ || stop.stop_requested()) throw Stopped{};
  commits_ = true;
}

Progress RowMove::progress() const {
  Progress progress{.rows = engine_->sent().rows_sent,
                    .bytes = engine_->sent().bytes_sent,
                    .rows_expected = load_.rows_expected,
                    .elapsed = std::chrono::steady_clock::now() - load_.started,
                    .rejected = load_.setup.rejects ? load_.setup.rejects->book->count() : 0};
  if (setup_.tells_units) {
    const auto units = setup_.coordinator.counts();
    const auto workers = engine_->workers();
    progress.slices = SliceProgress{.total = units.total,
                                    .done = units.done,
                                    .running = units.taken,
                                    .retried = units.retries,
                                    .readers = workers.readers,
                                    .writers = workers.writers};
  }
  return progress;
}

void RowMove::tell_end() const noexcept {
  if (!setup_.stream.on_progress) return;
  try {
    Progress last = progress();
    last.rows_expected = last.rows;
    setup_.stream.on_progress(last);
  } catch (const std::exception& failure) {
    setup_.stream.log.warning(std::string("on_progress failed after the COMMIT: ") + failure.what());
  } catch (...) {
    setup_.stream.log.warning("on_progress failed after the COMMIT");
  }
}

WorkDone RowMove::work() const {
  WorkDone work{.elapsed = std::chrono::steady_clock::now() - load_.started};
  if (!engine_) return work;
  const RowCounters& counts = engine_->sent();
  work.rows_read = counts.rows_read;
  work.rows_written = counts.rows_sent;
  work.bytes_read = counts.bytes_read;
  work.bytes_written = counts.bytes_sent;
  if (!setup_.tells_units) return work;
  const auto units = setup_.coordinator.counts();
  work.slices_total = units.total;
  work.slices_done = units.done;
  work.slices_retried = units.retries;
  return work;
}

void RowMove::complete(JobReport& report) const {
  report.waited_for_source = engine_->waits().for_source.total();
  report.waited_for_target = engine_->waits().for_target.total();
  report.most_batches_waiting = engine_->most_batches_waiting();
  if (!setup_.tells_units) return;
  const auto units = setup_.coordinator.counts();
  report.slices_total = units.total;
  report.slices_done = units.done;
  report.slices_retried = units.retries;
}

void RowMove::pump(UnitChannel& channel, TableLoad& sink,
                   const std::function<void(const std::stop_token&)>& begin, const std::stop_token& stop) {
  HeldBatch held{RowBatch(load_.schema)};
  RowBatch& batch = held.rows;
  const auto& renumbering = load_.columns.renumbering;
  bool begun = false;
  try {
    while (true) {
      const auto result = channel.read_for(held, writer_idle_check, stop);
      if (result == ReadResult::end) return;
      if (result == ReadResult::timeout) {
        sink.check(stop);
        continue;
      }
      if (!std::exchange(begun, true)) begin(stop);
      if (!renumbering.empty()) renumbering.apply(batch);
      if (load_.objects) load_.objects->apply(batch);
      if (!batch.empty()) sink.write(batch, stop);
      channel.count_sent(batch);
      if (!held.beside.empty()) sink.write_beside(std::exchange(held.beside, {}), stop);
      pool_.release(std::exchange(batch, RowBatch(load_.schema)));
      held.lease.release();
    }
  } catch (const Stopped&) {
    if (const auto error = channel.error()) throw *error;
    throw;
  }
}

}  // namespace leat::jobs_detail
