#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "jobs/prepare/stream_job.hpp"
#include "jobs/run/slice_flow.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// What writers of slices have in common.
struct SliceWriting {
  PreparedStream& stream;
  const CopyTableOptions& options;
  RowBatchPool& pool;
  JobCounters& sent;  ///< for the progress: also what is rolled back later
};

/// Rows of a channel into a load, until the end. Begins the load with the first of them. @throws the reader's
/// error where it has failed.
void write_channel(const SliceWriting& writing, SliceChannel& channel, LoadTarget& load,
                   const std::stop_token& stop);

/// What is particular to a transfer.
struct SliceTransferSetup {
  std::vector<SliceTask> tasks{};
  /// Whether the stream's session reads along, or only holds the snapshot.
  bool holder_reads = true;
  /// Gives the rest of a slice that is cut a number, see SliceReading.
  std::function<std::optional<SliceTask>(const SliceTask& shortened, const Slice& rest,
                                         const std::stop_token& stop)>
      cut{};
  /// Makes a writer, on its thread.
  std::function<std::unique_ptr<SliceWriter>(const SliceWriting& writing, std::size_t number,
                                             const std::stop_token& stop)>
      make_writer{};
  RetrySlice retry{};
  /// Runs at least twice a second while slices are on their way, on the thread that called run(). What it
  /// throws ends the transfer.
  std::function<void(const std::stop_token& stop)> on_tick{};
};

/// Moves slices from several sessions of the source to several of the target, within the memory of the
/// options, and tells the progress. Belongs to one thread.
class SliceTransfer {
 public:
  /// `stream` and `options` outlive it.
  SliceTransfer(PreparedStream& stream, const CopyTableOptions& options, SliceTransferSetup setup);

  /// @throws the first failure.
  void run(const std::stop_token& stop);

  /// Of slices that were copied.
  [[nodiscard]] const JobCounters& done() const { return done_; }
  [[nodiscard]] SliceQueue::Counts slices() const { return queue_.counts(); }
  [[nodiscard]] const SliceWriting& writing() const { return writing_; }
  /// Takes waits and what stood between into the report.
  void complete(JobReport& report) const;

 private:
  void tell_progress(const WorkerCounts& workers) const;

  PreparedStream& stream_;
  const CopyTableOptions& options_;
  const SliceTransferSetup setup_;
  RowBatchPool pool_;
  JobCounters sent_;
  JobCounters done_;
  SliceQueue queue_;
  const SliceReading reading_;
  SourceSessions sessions_;
  const SliceWriting writing_;
  SliceWaits waits_;
};

/// Makes batches smaller where the memory does not do for so many sessions otherwise.
void fit_batches(CopyTableOptions& options);

/// What each writer keeps of rows that may be rejected, to send them again: all of them an eighth of the
/// memory, where there is as much to spare; zero as with collected_by_stream().
[[nodiscard]] ByteCount collected_by_writer(const CopyTableOptions& options);

/// @throws Error (config) where the memory does not do for so many sessions.
void validate_transfer_memory(const CopyTableOptions& options);

}  // namespace leat::jobs_detail
