#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "jobs/options/job_counters.hpp"
#include "jobs/run/slice_channel.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat::jobs_detail {

/// That a slice could not be cut, so that it is not known which slices there are: no error of the slice
/// alone.
struct CutFailed {
  Error error;
};

/// How slices are read; what it refers to outlives the readers.
struct SliceReading {
  const SlicedTable& table;
  std::shared_ptr<const Schema> schema{};
  const Transform& transform;
  ReadOptions options{};
  RowBatchPool& pool;
  SliceQueue& queue;
  /// Gives the rest of a slice that is cut while it is read a number of its own; nullopt: it is too late.
  /// Called before anybody else takes it; what it throws ends the flow.
  std::function<std::optional<SliceTask>(const SliceTask& shortened, const Slice& rest,
                                         const std::stop_token& stop)>
      cut{};
};

/// Reads slices in portions, so that one which takes longer than thought can be cut when others have nothing
/// left to do, and runs the row hook. For one thread.
class SliceReader {
 public:
  explicit SliceReader(const SliceReading& reading);

  /// Reads a slice into its channel, until finish(). @throws what reading throws; Stopped.
  void read(SliceChannel& channel, Connection& session, const std::stop_token& stop);

 private:
  /// Rows of a part of the slice. Returns their bytes.
  std::uint64_t copy(const Slice& slice, SliceChannel& channel, Connection& session,
                     const std::stop_token& stop);
  void hand_on(RowBatch batch, SliceChannel& channel, const std::stop_token& stop);
  /// Gives away what comes after `middle`, with how much of it to read first; false where it is too late.
  bool cut(SliceChannel& channel, RowPlace middle, RowPlace step, const std::stop_token& stop);

  const SliceReading& reading_;
  const Transform::BatchHook hook_;
};

}  // namespace leat::jobs_detail
