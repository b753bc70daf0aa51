#include "jobs/prepare/stream_job.hpp"

#include <utility>

#include "jobs/options/batch_memory.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "leat/core/consumer.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/core/producer.hpp"
#include "leat/data/held_batch.hpp"
#include "leat/data/row_batch_pool.hpp"

namespace leat::jobs_detail {
namespace {

using BatchMonitor = Monitor<HeldBatch, std::shared_ptr<const Schema>>;

void read_rows(RowSource& source, const std::shared_ptr<const Schema>& schema, const ReadOptions& options,
               const MemoryBudget::Holder& memory, JobCounters& counters, BatchMonitor& monitor,
               const std::stop_token& stop) {
  // Before the source is asked, which may think for long: the writer watches its own server meanwhile.
  monitor.publish(schema);
  source.open(options, stop);
  while (auto batch = source.read(stop)) {
    counters.rows_read += batch->size();
    counters.bytes_read += batch->bytes();
    auto lease = memory.acquire(ByteCount{weight_of(*batch)}, stop);
    monitor.write(HeldBatch(std::move(*batch), std::move(lease)), stop);
  }
}

/// Writes what comes until the end, then publishes.
LoadCounts write_rows(PreparedStream& stream, const Transform& transform, RowBatchPool& pool,
                      JobCounters& counters, BatchMonitor& monitor, const std::stop_token& stop) {
  LoadTarget& load = *stream.load;
  const auto schema = monitor.wait_published(stop);
  const auto hook = transform ? transform.prepare(*schema) : Transform::BatchHook();
  RowBatch changed(schema);
  if (hook) changed = pool.acquire(schema);
  HeldBatch held{RowBatch(schema)};
  RowBatch& batch = held.rows;
  while (true) {
    const auto result = monitor.read_for(held, idle_check, stop);
    // The table is emptied and locked only when there is something to put into it, or nothing more will come.
    if (!load.begun() && result != ReadResult::timeout) {
      before_rows(stream, stop);
      load.begin(schema->format(), stop);
    }
    if (result == ReadResult::end) break;
    if (result == ReadResult::timeout) {
      load.check(stop);
      continue;
    }
    RowBatch* rows = &batch;
    if (hook) {
      changed.clear();
      hook(batch, changed);
      rows = &changed;
    }
    if (!stream.columns.renumbering.empty()) stream.columns.renumbering.apply(*rows);
    load.write(*rows, stop);
    counters.rows_sent += rows->size();
    counters.bytes_sent += rows->bytes();
    counters.rows_rejected = load.rows_rejected();
    pool.release(std::exchange(batch, RowBatch(schema)));
    held.lease.release();
  }
  const LoadCounts counts = finish_load(stream, stop);
  if (stream.commits) load.commit(stop);
  return counts;
}

}  // namespace

void log_start(const PreparedStream& stream, const StreamOptions& options) {
  options.log.info("reading " + stream.plan.source + " into " + stream.plan.target + " as " +
                   std::string(to_string(stream.plan.format.format)) + ": " + stream.plan.format.reason);
  for (const auto& finding : stream.plan.findings) {
    options.log.log(finding.severity == Severity::warning ? LogLevel::warning : LogLevel::info,
                    finding.message);
  }
}

void throw_cancelled() {
  throw Error(ErrorKind::cancelled, "the job was stopped; nothing was committed");
}

PreparedStream prepare_stream(const std::function<PreparedStream()>& prepare) {
  try {
    return prepare();
  } catch (const Stopped&) {
    throw_cancelled();
  }
}

PreparedStream prepare_run(const std::function<PreparedStream()>& prepare) {
  auto stream = prepare_stream(prepare);
  if (has_error(stream.plan.findings)) throw to_error(stream.plan.findings);
  return stream;
}

namespace {

JobReport move_rows(PreparedStream& stream, const Transform& transform, const StreamOptions& options,
                    const std::stop_token& stop) {
  log_start(stream, options);
  const std::size_t batch_bytes = options.batch_bytes.count();
  RowBatchPool pool(2, batch_bytes);
  const ReadOptions read_options{
      .batch_bytes = options.batch_bytes, .flush_after = options.flush_after, .pool = &pool};
  const MemoryBudget::Holder memory(options.budget);
  BatchMonitor monitor({.items = most_batches, .bytes = monitor_budget(options)});
  JobCounters counters;
  LoadCounts counts;  // by the one writer
  {
    PoolGroup group(stop);
    group.add(Producer<HeldBatch, BatchMonitor>(
        {.name = "leat-read"}, monitor, [&](BatchMonitor& to, const std::stop_token& token) {
          read_rows(*stream.rows, stream.schema, read_options, memory, counters, to, token);
        }));
    group.add(Consumer<HeldBatch, BatchMonitor>(
        {.name = "leat-write"}, monitor, [&](BatchMonitor& from, const std::stop_token& token) {
          counts = write_rows(stream, transform, pool, counters, from, token);
        }));
    group.start();
    while (!group.wait_for(options.progress_interval)) {
      report_progress(options, counters, stream.rows_expected, stream.started);
    }
    group.wait();
  }
  const auto stats = monitor.stats();
  JobReport report = finished_report(stream, counters, counts);
  report.waited_for_source = stats.read_wait;
  report.waited_for_target = stats.write_wait;
  report.most_batches_waiting = stats.high_water;
  report_end(options, counters, stream.started);
  return report;
}

}  // namespace

JobReport run_stream(PreparedStream& stream, const Transform& transform, const StreamOptions& options,
                     const std::stop_token& stop) {
  return with_indexes(stream, stop, [&] { return move_rows(stream, transform, options, stop); });
}

}  // namespace leat::jobs_detail
