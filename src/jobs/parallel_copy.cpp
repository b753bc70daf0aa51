#include "jobs/parallel_copy.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "jobs/direct_loads.hpp"
#include "jobs/snapshot_session.hpp"
#include "leat/data/row_batch_pool.hpp"

namespace leat::jobs_detail {
namespace {

using namespace literals;

constexpr std::size_t most_writers = 64;

// libpq's buffers of one session and its copy of one row.
constexpr ByteCount outside_batches = 1_MiB;

std::size_t idle_batches(const CopyTableOptions& options) {
  return options.readers + 1;
}

/// Batches in hands: each reader fills one and its hook another, each writer has one, and some wait to be
/// filled again.
std::uint64_t batches_in_hand(const CopyTableOptions& options) {
  return 2 * options.readers + options.writers + idle_batches(options);
}

ByteCount bytes_in_hand(const CopyTableOptions& options) {
  return batches_in_hand(options) * options.stream.batch_bytes +
         (options.readers + options.writers + 1) * outside_batches;
}

/// Slices that are being read, that wait for a writer, and that a writer has.
std::size_t most_channels(const CopyTableOptions& options) {
  return 2 * options.readers + options.writers;
}

class ParallelCopy {
 public:
  ParallelCopy(PreparedStream& stream, const CopyTableOptions& options)
      : stream_(stream),
        options_(options),
        pool_(idle_batches(options), options.stream.batch_bytes.count()),
        queue_(tasks_of(stream.slices->slices)),
        next_number_(stream.slices->slices.size()),
        reading_{.table = *stream.slices,
                 .schema = stream.schema,
                 .transform = options.transform,
                 .options = {.batch_bytes = options.stream.batch_bytes,
                             .flush_after = options.stream.flush_after,
                             .pool = &pool_},
                 .pool = pool_,
                 .counters = counters_,
                 .queue = queue_,
                 .cut =
                     [this](const SliceTask&, const Slice& rest, const std::stop_token&) {
                       return SliceTask{.number = next_number_++, .slice = rest};
                     }},
        sessions_(
            *stream.source_session,
            [this](const std::stop_token& token) { return open_in_snapshot(stream_, options_, token); },
            [&options](const Error& error) {
              options.stream.log.warning(std::string("the table is read by fewer sessions: ") + error.what());
            }),
        loads_({.stream = stream, .options = options, .pool = pool_, .counters = counters_}) {}

  JobReport run(const std::stop_token& stop) {
    log_start(stream_, options_.stream);
    SliceFlow flow(
        reading_, sessions_,
        {.readers = options_.readers,
         .writers = options_.writers,
         .channel_bytes = channel_bytes(),
         .make_writer = [this](std::size_t number,
                               const std::stop_token& token) { return loads_.make_writer(number, token); }},
        stop);
    flow.start();
    while (!flow.wait_for(options_.stream.progress_interval)) {
      report_progress(options_.stream, counters_, stream_.rows_expected, stream_.started);
    }
    flow.wait();
    // The snapshot holds back VACUUM, and has served its purpose.
    stream_.source_session->rollback();
    const LoadCounts counts = loads_.publish(stop);
    JobReport report = finished_report(stream_, counters_, counts);
    report.waited_for_source = std::chrono::nanoseconds(flow.waits().for_source);
    report.waited_for_target = std::chrono::nanoseconds(flow.waits().for_target);
    report.most_batches_waiting = flow.waits().most_batches;
    report_progress(options_.stream, counters_, counters_.rows_sent.load(), stream_.started);
    return report;
  }

 private:
  static std::vector<SliceTask> tasks_of(const std::vector<Slice>& slices) {
    std::vector<SliceTask> tasks;
    for (const auto& slice : slices) tasks.push_back({.number = tasks.size(), .slice = slice});
    return tasks;
  }
  [[nodiscard]] ByteCount channel_bytes() const {
    return ByteCount{(options_.stream.memory - bytes_in_hand(options_)).count() / most_channels(options_)};
  }

  PreparedStream& stream_;
  const CopyTableOptions& options_;
  RowBatchPool pool_;
  JobCounters counters_;
  SliceQueue queue_;
  std::atomic<std::size_t> next_number_;
  const SliceReading reading_;
  SourceSessions sessions_;
  DirectLoads loads_;
};

}  // namespace

void validate_parallel(const CopyTableOptions& options) {
  if (options.writers < 1 || options.writers > most_writers) {
    throw Error(ErrorKind::config, "writers must lie between 1 and " + std::to_string(most_writers));
  }
  if (!is_parallel(options)) return;
  const auto reject = [](const char* what, const char* hint) {
    throw Error(ErrorKind::config, std::string(what) + " does not go together with several writers",
                {.hint = hint});
  };
  if (options.mode != WriteMode::append) reject("this mode", "append, or load with one writer");
  if (options.transform_workers > 1) reject("transform_workers", "each reader runs the row hook then");
  if (options.stream.verify) reject("verify", "compare the tables afterwards: leat verify");
  if (options.stream.indexes == Indexes::rebuild) reject("indexes = rebuild", "load with one writer");
  if (options.stream.into_view) reject("into_view", "load with one writer");
  if (options.stream.before_load || options.stream.before_commit) {
    reject("a hook in the transaction of the load", "there are several transactions; load with one writer");
  }
  const ByteCount least = bytes_in_hand(options) + most_channels(options) * options.stream.batch_bytes;
  if (options.stream.memory < least) {
    throw Error(ErrorKind::config, "memory must be at least " + format_bytes(least) + " with " +
                                       std::to_string(options.readers) + " readers, " +
                                       std::to_string(options.writers) + " writers and batches of " +
                                       format_bytes(options.stream.batch_bytes));
  }
}

JobReport run_parallel(PreparedStream stream, const CopyTableOptions& options, const std::stop_token& stop) {
  try {
    return ParallelCopy(stream, options).run(stop);
  } catch (const Stopped&) {
    throw_cancelled();
  } catch (const CutFailed& failure) {
    throw failure.error;
  } catch (const Error& error) {
    if (stop.stop_requested() && error.kind() == ErrorKind::cancelled && !error.in_doubt()) throw_cancelled();
    throw;
  }
}

}  // namespace leat::jobs_detail
