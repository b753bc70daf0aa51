#include "jobs/run/slice_transfer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "jobs/options/batch_memory.hpp"
#include "jobs/run/snapshot_session.hpp"

namespace leat::jobs_detail {
namespace {

using namespace literals;

constexpr ByteCount least_batch = 64_KiB;
constexpr std::chrono::milliseconds longest_tick{500};

std::size_t idle_batches(const CopyTableOptions& options) {
  return options.readers + 1;
}

/// Batches in hands: each reader fills one and its hook another, each writer has one, and some wait to be
/// filled again.
ByteCount transfer_bytes(const CopyTableOptions& options) {
  const std::uint64_t batches = 2 * options.readers + options.writers + idle_batches(options);
  return batches * options.stream.batch_bytes + (options.readers + options.writers + 1) * session_bytes;
}

/// Slices that are being read, that wait for a writer, and that a writer has.
std::size_t most_channels(const CopyTableOptions& options) {
  return 2 * options.readers + options.writers;
}

/// Those whose number leat has chosen may rest.
WorkerLimits worker_limits(const CopyTableOptions& options) {
  const WorkerCounts most{.readers = options.readers, .writers = options.writers};
  return {.least = {.readers = options.may_rest.readers ? 1 : most.readers,
                    .writers = options.may_rest.writers ? 1 : most.writers},
          .most = most};
}

/// That may wait between readers and writers.
ByteCount waiting_bytes(const CopyTableOptions& options) {
  return options.stream.memory - transfer_bytes(options) - options.writers * collected_by_writer(options);
}

}  // namespace

void fit_batches(CopyTableOptions& options) {
  const ByteCount sessions = (options.readers + options.writers + 1) * session_bytes;
  if (options.stream.memory < sessions) return;
  const std::uint64_t batches =
      2 * options.readers + options.writers + idle_batches(options) + most_channels(options);
  const ByteCount largest{(options.stream.memory - sessions).count() / batches};
  if (largest >= least_batch) options.stream.batch_bytes = std::min(options.stream.batch_bytes, largest);
}

ByteCount collected_by_writer(const CopyTableOptions& options) {
  const ByteCount least = transfer_bytes(options) + most_channels(options) * options.stream.batch_bytes;
  if (options.stream.max_rejects == 0 || options.stream.budget || options.stream.memory < least) return {};
  const std::uint64_t all =
      std::min(options.stream.memory.count() / 8, (options.stream.memory - least).count());
  return ByteCount{all / options.writers};
}

void validate_transfer_memory(const CopyTableOptions& options) {
  const ByteCount least = transfer_bytes(options) + most_channels(options) * options.stream.batch_bytes;
  if (options.stream.memory >= least) return;
  throw Error(ErrorKind::config, "memory must be at least " + format_bytes(least) + " with " +
                                     std::to_string(options.readers) + " readers, " +
                                     std::to_string(options.writers) + " writers and batches of " +
                                     format_bytes(options.stream.batch_bytes));
}

void write_channel(const SliceWriting& writing, SliceChannel& channel, LoadTarget& load,
                   const std::stop_token& stop) {
  HeldBatch held{RowBatch(writing.stream.schema)};
  RowBatch& batch = held.rows;
  const auto& renumbering = writing.stream.columns.renumbering;
  try {
    while (true) {
      const auto result = channel.read_for(held, idle_check, stop);
      if (result == ReadResult::end) return;
      if (result == ReadResult::timeout) {
        load.check(stop);
        continue;
      }
      if (!load.begun()) load.begin(writing.stream.schema->format(), stop);
      if (!renumbering.empty()) renumbering.apply(batch);
      load.write(batch, stop);
      channel.count_sent(batch.size(), batch.bytes());
      writing.sent.rows_sent += batch.size();
      writing.sent.bytes_sent += batch.bytes();
      writing.pool.release(std::exchange(batch, RowBatch(writing.stream.schema)));
      held.lease.release();
    }
  } catch (const Stopped&) {
    if (const auto error = channel.error()) throw *error;
    throw;
  }
}

SliceTransfer::SliceTransfer(PreparedStream& stream, const CopyTableOptions& options,
                             SliceTransferSetup setup)
    : stream_(stream),
      options_(options),
      setup_(std::move(setup)),
      pool_(idle_batches(options), options.stream.batch_bytes.count()),
      queue_(setup_.tasks),
      reading_{.table = *stream.slices,
               .schema = stream.schema,
               .transform = options.transform,
               .options = {.batch_bytes = options.stream.batch_bytes,
                           .flush_after = options.stream.flush_after,
                           .pool = &pool_},
               .pool = pool_,
               .queue = queue_,
               .cut = setup_.cut},
      sessions_(
          snapshot_sessions(setup_.holder_reads ? stream.source_session.get() : nullptr, stream, options)),
      writing_{.stream = stream, .options = options, .pool = pool_, .sent = sent_} {}

void SliceTransfer::run(const std::stop_token& stop) {
  // What others share may be used up by them, and does not bound what is this job's own.
  const auto shared = options_.stream.budget;
  const auto budget = shared ? shared : std::make_shared<MemoryBudget>(waiting_bytes(options_));
  const ByteCount channel_bytes{waiting_bytes(options_).count() / (shared ? most_channels(options_) : 1)};
  SliceFlow flow({.reading = reading_, .sessions = sessions_, .done = done_, .waits = waits_},
                 {.workers = worker_limits(options_),
                  .channel_bytes = channel_bytes,
                  .budget = budget,
                  .make_writer =
                      [this](std::size_t number, const std::stop_token& token) {
                        return setup_.make_writer(writing_, number, token);
                      },
                  .retry = setup_.retry},
                 stop);
  flow.start();
  auto last_progress = SteadyClock::now();
  while (!flow.wait_for(std::min(longest_tick, options_.stream.progress_interval))) {
    if (setup_.on_tick) setup_.on_tick(stop);
    flow.balance_workers();
    if (SteadyClock::now() - last_progress < options_.stream.progress_interval) continue;
    last_progress = SteadyClock::now();
    tell_progress(flow.workers());
  }
  flow.wait();
  tell_progress(flow.workers());
}

void SliceTransfer::tell_progress(const WorkerCounts& workers) const {
  if (!options_.stream.on_progress) return;
  const auto slices = queue_.counts();
  options_.stream.on_progress(
      Progress{.rows = sent_.rows_sent,
               .bytes = sent_.bytes_sent,
               .rows_expected = stream_.rows_expected,
               .elapsed = SteadyClock::now() - stream_.started,
               .rejected = stream_.setup.rejects ? stream_.setup.rejects->book->count() : 0,
               .slices = SliceProgress{.total = slices.total,
                                       .done = slices.done,
                                       .running = slices.taken,
                                       .retried = slices.retries,
                                       .readers = workers.readers,
                                       .writers = workers.writers}});
}

void SliceTransfer::complete(JobReport& report) const {
  report.waited_for_source = waits_.for_source.total();
  report.waited_for_target = waits_.for_target.total();
  report.most_batches_waiting = waits_.most_batches;
  const auto slices = queue_.counts();
  report.slices_total = slices.total;
  report.slices_done = slices.done;
  report.slices_retried = slices.retries;
}

}  // namespace leat::jobs_detail
