#pragma once

#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/run/slice_transfer.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Some writers have committed, or may have, and others have not.
struct PartlyCommitted {
  Error error;
};

/// Append by several sessions, each in one transaction, which commit when all rows are there.
class DirectLoads {
 public:
  /// A writer with a session of its own; the first one has the job's.
  [[nodiscard]] std::unique_ptr<SliceWriter> make_writer(const SliceWriting& writing, std::size_t number,
                                                         const std::stop_token& stop);
  /// When no writer works any more. @throws Error, Stopped: nothing was committed. @throws PartlyCommitted.
  LoadCounts publish(PreparedStream& stream, const std::stop_token& stop);
  /// What was remarkable of the commits.
  [[nodiscard]] std::vector<std::string> notes() const;

 private:
  struct Load {
    std::shared_ptr<Connection> session{};
    std::unique_ptr<LoadTarget> load{};
  };
  class Writer;

  Load& open(const SliceWriting& writing, std::size_t number, const std::stop_token& stop);
  void commit_all(const std::stop_token& stop);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Load>> loads_;  // guarded by mutex_; each used by its writer, then by publish()
};

}  // namespace leat::jobs_detail
