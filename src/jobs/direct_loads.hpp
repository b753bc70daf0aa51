#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "jobs/slice_flow.hpp"
#include "jobs/stream_job.hpp"
#include "leat/jobs/copy_table.hpp"

namespace leat::jobs_detail {

/// What writers of slices have in common.
struct SliceWriting {
  PreparedStream& stream;
  const CopyTableOptions& options;
  RowBatchPool& pool;
  JobCounters& counters;
};

/// Rows of a channel into a load, until the end. Begins the load with the first of them. @throws the reader's
/// error where it has failed.
void write_channel(const SliceWriting& writing, SliceChannel& channel, LoadTarget& load,
                   const std::stop_token& stop);

/// Append by several sessions, each in one transaction, which commit when all rows are there.
class DirectLoads {
 public:
  explicit DirectLoads(const SliceWriting& writing) : writing_(writing) {}

  /// A writer with a session of its own; the first one has the job's.
  [[nodiscard]] std::unique_ptr<SliceWriter> make_writer(std::size_t number, const std::stop_token& stop);
  /// When no writer works any more. @throws Error before the first commit, or that tells how many have
  /// committed.
  LoadCounts publish(const std::stop_token& stop);

 private:
  struct Load {
    std::shared_ptr<Connection> session{};
    std::unique_ptr<LoadTarget> load{};
  };
  class Writer;

  Load& open(std::size_t number, const std::stop_token& stop);
  void commit_all(const std::stop_token& stop);

  const SliceWriting writing_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Load>> loads_;  // guarded by mutex_; each used by its writer, then by publish()
};

}  // namespace leat::jobs_detail
