#include "jobs/stream_job.hpp"

#include <atomic>
#include <utility>

#include "leat/core/consumer.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"
#include "leat/core/producer.hpp"
#include "leat/data/row_batch_pool.hpp"

namespace leat::jobs_detail {
namespace {

using SteadyClock = std::chrono::steady_clock;
using BatchMonitor = Monitor<RowBatch, std::shared_ptr<const Schema>>;

// How often a writer without rows looks whether its server still works.
constexpr std::chrono::milliseconds idle_check{250};

// More than memory allows in batches of any useful size; the bound by bytes is what counts.
constexpr std::size_t most_batches = 4096;

[[noreturn]] void throw_cancelled() {
  throw Error(ErrorKind::cancelled, "the job was stopped; nothing was committed");
}

/// What reader and writer count; the thread that called run() reads along.
struct Counters {
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::uint64_t> rows_sent{0};
  std::atomic<std::uint64_t> bytes_sent{0};
};

void read_rows(RowSource& source, const std::shared_ptr<const Schema>& schema, const ReadOptions& options,
               Counters& counters, BatchMonitor& monitor, const std::stop_token& stop) {
  // Before the source is asked, which may think for long: the writer watches its own server meanwhile.
  monitor.publish(schema);
  source.open(options, stop);
  while (auto batch = source.read(stop)) {
    counters.rows_read += batch->size();
    counters.bytes_read += batch->bytes();
    monitor.write(std::move(*batch), stop);
  }
}

/// Writes what comes until the end, then publishes. Returns the rows that the target inserted.
std::uint64_t write_rows(LoadTarget& load, const Transform& transform, RowBatchPool& pool, Counters& counters,
                         BatchMonitor& monitor, const std::stop_token& stop) {
  const auto schema = monitor.wait_published(stop);
  const auto hook = transform ? transform.prepare(*schema) : Transform::BatchHook();
  RowBatch changed(schema);
  if (hook) changed = pool.acquire(schema);
  RowBatch batch(schema);
  while (true) {
    const auto result = monitor.read_for(batch, idle_check, stop);
    // The table is emptied and locked only when there is something to put into it, or nothing more will come.
    if (!load.begun() && result != ReadResult::timeout) load.begin(schema->format(), stop);
    if (result == ReadResult::end) break;
    if (result == ReadResult::timeout) {
      load.check(stop);
      continue;
    }
    const RowBatch* rows = &batch;
    if (hook) {
      changed.clear();
      hook(batch, changed);
      rows = &changed;
    }
    load.write(*rows, stop);
    counters.rows_sent += rows->size();
    counters.bytes_sent += rows->bytes();
    pool.release(std::exchange(batch, RowBatch(schema)));
  }
  return load.publish(counters.rows_sent, stop);
}

void report_progress(const StreamOptions& options, const Counters& counters,
                     std::optional<std::uint64_t> expected, SteadyClock::time_point started) {
  if (!options.on_progress) return;
  options.on_progress(Progress{.rows = counters.rows_sent,
                               .bytes = counters.bytes_sent,
                               .rows_expected = expected,
                               .elapsed = SteadyClock::now() - started});
}

}  // namespace

std::unique_ptr<Connection> connect(const ResolvedConnection& where, ErrorKind side,
                                    const StreamOptions& options, std::stop_token stop) {
  SessionOptions session{.side = side,
                         .application_name = options.application_name,
                         .log = options.log,
                         .connect_timeout = options.limits.connect_timeout,
                         .lock_timeout = options.limits.lock_timeout,
                         .statement_timeout = options.limits.statement_timeout,
                         .silence_timeout = options.limits.silence_timeout};
  if (where.schema) session.search_path = quote_identifier(*where.schema);
  return std::make_unique<Connection>(Connection::open(where.target, std::move(session), std::move(stop)));
}

void prepare_target(PreparedStream& stream, const TableName& table, const std::vector<TableColumn>& columns,
                    WriteMode mode, const Transform& transform, const StreamOptions& options,
                    std::stop_token stop) {
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  stream.load =
      std::make_unique<LoadTarget>(*stream.target_session, table, names, mode, options.suppressed_rows, stop);
  std::vector<ColumnPair> pairs;
  for (const auto& column : columns) {
    const auto& target = stream.load->column(column.name);
    pairs.push_back({.name = column.name, .source = column.type, .target = target.type});
    stream.plan.columns.push_back(
        {.name = column.name, .source_type = column.type_name, .target_type = target.type_name});
  }
  stream.plan.format = choose_format(pairs);
  if (transform && stream.plan.format.format == RowFormat::text) {
    throw Error(ErrorKind::config, "a row hook needs the binary format, but " + stream.plan.format.reason,
                {.hint = "leave that column out, or cast it to the target's type in a query"});
  }
  stream.schema = std::make_shared<const Schema>(row_columns(columns), stream.plan.format.format);
  stream.plan.target_sql = stream.load->statements(stream.plan.format.format);
  auto remarks = stream.load->remarks();
  stream.plan.remarks.insert(stream.plan.remarks.end(), remarks.begin(), remarks.end());
}

JobPlan plan_stream(const std::function<PreparedStream(std::stop_token)>& prepare, std::stop_token stop) {
  try {
    return prepare(std::move(stop)).plan;
  } catch (const Stopped&) {
    throw_cancelled();
  }
}

JobReport run_stream(const std::function<PreparedStream(std::stop_token)>& prepare,
                     const Transform& transform, const StreamOptions& options, std::stop_token stop) {
  const auto started = SteadyClock::now();
  PreparedStream stream;
  try {
    stream = prepare(stop);
  } catch (const Stopped&) {
    throw_cancelled();
  }
  options.log.info("reading " + stream.plan.source + " into " + stream.plan.target + " as " +
                   std::string(to_string(stream.plan.format.format)) + ": " + stream.plan.format.reason);

  const std::size_t batch_bytes = options.batch_bytes.count();
  RowBatchPool pool(2, batch_bytes);
  const ReadOptions read_options{
      .batch_bytes = options.batch_bytes, .flush_after = options.flush_after, .pool = &pool};
  BatchMonitor monitor({.items = most_batches, .bytes = monitor_budget(options)});
  Counters counters;
  std::atomic<std::uint64_t> inserted{0};
  {
    PoolGroup group(stop);
    group.add(Producer<RowBatch, BatchMonitor>(
        {.name = "leat-read"}, monitor, [&](BatchMonitor& to, const std::stop_token& token) {
          read_rows(*stream.rows, stream.schema, read_options, counters, to, token);
        }));
    group.add(Consumer<RowBatch, BatchMonitor>(
        {.name = "leat-write"}, monitor, [&](BatchMonitor& from, const std::stop_token& token) {
          inserted = write_rows(*stream.load, transform, pool, counters, from, token);
        }));
    group.start();
    while (!group.wait_for(options.progress_interval)) {
      report_progress(options, counters, stream.rows_expected, started);
    }
    group.wait();
  }
  const auto stats = monitor.stats();
  JobReport report{.source = stream.plan.source,
                   .target = stream.plan.target,
                   .rows_read = counters.rows_read,
                   .rows_written = inserted,
                   .rows_dropped = counters.rows_read - counters.rows_sent,
                   .rows_suppressed = counters.rows_sent - inserted,
                   .bytes_read = ByteCount{counters.bytes_read},
                   .bytes_written = ByteCount{counters.bytes_sent},
                   .elapsed = SteadyClock::now() - started,
                   .waited_for_source = stats.read_wait,
                   .waited_for_target = stats.write_wait,
                   .most_batches_waiting = stats.high_water,
                   .format = stream.plan.format};
  report_progress(options, counters, counters.rows_sent.load(), started);
  return report;
}

}  // namespace leat::jobs_detail
