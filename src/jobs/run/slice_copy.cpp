#include "jobs/run/slice_copy.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "jobs/options/batch_memory.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/run/snapshot_session.hpp"
#include "jobs/run/source_sessions.hpp"
#include "leat/data/held_batch.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/pipeline/etl_pipeline.hpp"

namespace leat::jobs_detail {
namespace {

/// Batches in hands: each reader fills one, each worker reads one and fills another, the writer has one, and
/// some wait to be filled again.
std::uint64_t pipeline_batches(const CopyTableOptions& options) {
  return options.readers + 2 * options.transform_workers + 1 + options.readers + 1;
}

ByteCount pipeline_bytes(const CopyTableOptions& options) {
  return pipeline_batches(options) * options.stream.batch_bytes + (options.readers + 1) * session_bytes;
}

PipelineOptions pipeline_options(const CopyTableOptions& options) {
  // What may wait stands before `process` and before `store`.
  const ByteCount waiting{(options.stream.memory - pipeline_bytes(options)).count() / 2};
  return {
      .name = "copy_table",
      .fetch = {.workers = options.readers, .queue_items = 2 * options.readers},
      .process = {.workers = options.transform_workers, .queue_items = most_batches, .queue_bytes = waiting},
      .store = {.workers = 1, .queue_items = most_batches, .queue_bytes = waiting},
      .stats_interval = std::chrono::milliseconds(0)};
}

/// The row hooks, one for each thread that runs them. Thread-safe.
class Hooks {
 public:
  Hooks(const Transform& transform, const Schema& schema, std::size_t count) {
    if (!transform) return;
    for (std::size_t i = 0; i < count; ++i) idle_.push_back(transform.prepare(schema));
  }

  [[nodiscard]] Transform::BatchHook take() {
    const std::lock_guard lock(mutex_);
    Transform::BatchHook hook = std::move(idle_.back());
    idle_.pop_back();
    return hook;
  }
  void give_back(Transform::BatchHook hook) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(hook));
  }

 private:
  std::mutex mutex_;
  std::vector<Transform::BatchHook> idle_;
};

class SliceCopy final : public ETLPipeline<Slice, Stream<HeldBatch>, HeldBatch> {
 public:
  SliceCopy(PreparedStream& stream, const CopyTableOptions& options)
      : ETLPipeline(pipeline_options(options)),
        stream_(stream),
        format_(stream.schema->format()),
        has_hook_(options.transform),
        memory_(options.stream.budget),
        pool_(options.readers + 1, options.stream.batch_bytes.count()),
        read_options_{.batch_bytes = options.stream.batch_bytes,
                      .flush_after = options.stream.flush_after,
                      .pool = &pool_},
        sessions_(snapshot_sessions(stream.source_session.get(), stream, options)),
        hooks_(options.transform, *stream.schema, options.transform_workers) {}
  ~SliceCopy() override { shut_down(); }

  Refill<Slice> refill(std::size_t count, const std::stop_token&) override {
    const auto& slices = stream_.slices->slices;
    std::vector<WorkItem<Slice>> items;
    while (items.size() < count && given_ < slices.size()) {
      const Slice& slice = slices[given_++];
      items.emplace_back(stream_.slices->display(slice), slice);
    }
    return given_ < slices.size() ? Refill<Slice>::items(std::move(items))
                                  : Refill<Slice>::done(std::move(items));
  }

  void fetch(WorkItem<Slice>& item, Emitter<HeldBatch>& out, const std::stop_token& stop) override {
    const auto session = sessions_.lease(stop);
    const auto source = copy_source(*session, stream_.slices->sql(*item, format_), stream_.schema);
    source->open(read_options_, stop);
    while (auto batch = source->read(stop)) {
      counters_.rows_read += batch->size();
      counters_.bytes_read += batch->bytes();
      auto lease = memory_.acquire(ByteCount{weight_of(*batch)}, stop);
      out.emit(HeldBatch(std::move(*batch), std::move(lease)));
    }
  }

  HeldBatch process(WorkItem<HeldBatch>& item, const std::stop_token&) override {
    if (!has_hook_) return std::move(*item);
    RowBatch changed = pool_.acquire(stream_.schema);
    auto hook = hooks_.take();
    try {
      hook(item->rows, changed);
    } catch (const Error& error) {
      throw error.within(slice_of(item));
    }
    hooks_.give_back(std::move(hook));
    pool_.release(std::move(item->rows));
    return HeldBatch(std::move(changed), std::move(item->lease));
  }

  void store(WorkItem<HeldBatch>& item, const std::stop_token& stop) override {
    const std::lock_guard lock(load_mutex_);
    try {
      load(item->rows, stop);
    } catch (...) {
      has_ended_ = true;
      throw;
    }
    counters_.rows_sent += item->rows.size();
    counters_.bytes_sent += item->rows.bytes();
    counters_.rows_rejected = stream_.load->rows_rejected();
    pool_.release(std::move(item->rows));
    item->lease.release();
  }

  /// Notices that the server has ended the load. While store() is at work it notices itself; where it was
  /// interrupted or has failed, wait() tells why.
  void check_target(const std::stop_token& stop) {
    const std::unique_lock lock(load_mutex_, std::try_to_lock);
    if (lock && !has_ended_) stream_.load->check(stop);
  }

  /// After the last row. Returns the rows that the target inserted.
  LoadCounts publish(const std::stop_token& stop) {
    if (!stream_.load->begun()) begin(stop);
    const LoadCounts counts = finish_load(stream_, stop);
    if (stream_.commits) stream_.load->commit(stop);
    return counts;
  }

  [[nodiscard]] const JobCounters& counters() const { return counters_; }

 private:
  void begin(const std::stop_token& stop) {
    before_rows(stream_, stop);
    stream_.load->begin(format_, stop);
  }

  void load(RowBatch& rows, const std::stop_token& stop) {
    // The table is emptied and locked only when there is something to put into it.
    if (!stream_.load->begun()) begin(stop);
    if (!stream_.columns.renumbering.empty()) stream_.columns.renumbering.apply(rows);
    stream_.load->write(rows, stop);
  }

  /// Rows are counted within their slice, whose id the batch bears.
  static std::string slice_of(WorkItem<HeldBatch>& item) { return item.id().substr(0, item.id().rfind('/')); }

  // Constant while it runs
  PreparedStream& stream_;
  const RowFormat format_;
  const bool has_hook_;
  const MemoryBudget::Holder memory_;
  RowBatchPool pool_;
  const ReadOptions read_options_;

  // Thread-safe
  SourceSessions sessions_;
  Hooks hooks_;
  JobCounters counters_;

  std::size_t given_ = 0;  // slices, by refill

  std::mutex load_mutex_;  // guards stream_.load
  // Guarded by load_mutex_
  bool has_ended_ = false;  // by an error or a stop, and perhaps with its session
};

/// Waits for the end of all stages, tells the progress and looks after the target.
PipelineReport wait_for_end(SliceCopy& copy, const PreparedStream& stream, const StreamOptions& options,
                            const std::stop_token& stop) {
  auto last_progress = SteadyClock::now();
  while (!copy.wait_for(std::min<std::chrono::milliseconds>(idle_check, options.progress_interval))) {
    copy.check_target(stop);
    if (SteadyClock::now() - last_progress >= options.progress_interval) {
      report_progress(options, copy.counters(), stream.rows_expected, stream.started);
      last_progress = SteadyClock::now();
    }
  }
  return copy.wait();
}

}  // namespace

void validate_workers(std::size_t count, const char* name) {
  constexpr std::size_t most_workers = 64;
  if (count >= 1 && count <= most_workers) return;
  throw Error(ErrorKind::config,
              std::string(name) + " must lie between 1 and " + std::to_string(most_workers));
}

void validate_slices(const CopyTableOptions& options) {
  validate_workers(options.readers, "readers");
  validate_workers(options.transform_workers, "transform_workers");
  if (options.readers == 1 && options.transform_workers == 1) return;
  const ByteCount least = pipeline_bytes(options) + 2 * options.stream.batch_bytes;
  if (options.stream.memory < least) {
    throw Error(ErrorKind::config, "memory must be at least " + format_bytes(least) + " with " +
                                       std::to_string(options.readers) + " readers, " +
                                       std::to_string(options.transform_workers) +
                                       " transform_workers and batches of " +
                                       format_bytes(options.stream.batch_bytes));
  }
}

namespace {

JobReport copy_slices(PreparedStream& stream, const CopyTableOptions& options, const std::stop_token& stop) {
  log_start(stream, options.stream);
  LoadCounts counts;
  SliceCopy copy(stream, options);
  PipelineReport pipeline;
  try {
    copy.start();
    const std::stop_callback on_stop(stop, [&copy] { copy.stop(StopMode::abort); });
    pipeline = wait_for_end(copy, stream, options.stream, stop);
    counts = copy.publish(stop);
  } catch (const Stopped&) {
    throw_cancelled();
  } catch (const Error& error) {
    if (stop.stop_requested() && error.kind() == ErrorKind::cancelled && !error.in_doubt()) throw_cancelled();
    throw;
  }
  JobReport report = finished_report(stream, copy.counters(), counts);
  const StageReport& fetching = pipeline.stages.front();
  const StageReport& storing = pipeline.stages.back();
  report.waited_for_source = storing.waited_for_items;
  report.waited_for_target = fetching.waited_for_room;
  report.most_batches_waiting = storing.most_waiting;
  report_end(options.stream, copy.counters(), stream.started);
  return report;
}

}  // namespace

JobReport run_slices(PreparedStream stream, const CopyTableOptions& options, const std::stop_token& stop) {
  return with_indexes(stream, stop, [&] { return copy_slices(stream, options, stop); });
}

}  // namespace leat::jobs_detail
