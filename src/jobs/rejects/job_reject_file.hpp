#pragma once

#include <span>
#include <stop_token>
#include <string>

#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How an attempt at a job ends.
enum class JobEnd {
  done,
  failed,  ///< another attempt may go on
};

/// The CSV file of the rows that a job's slices have rejected. The ledger keeps those with the slices; the
/// file is a copy, which takes the place of an earlier one as a whole. What the job has not written stays as
/// it is. Used by one thread at a time.
class JobRejectFile {
 public:
  /// `columns` are the target's.
  JobRejectFile(std::string path, std::span<const std::string> columns);

  /// @throws Error (config) where the file cannot be written, or holds what the job has not written. The
  /// session is in a transaction.
  void check(Connection& session, const std::string& job, const std::stop_token& stop) const;
  /// Writes the rows of the job's current run; where there are none an earlier file goes. A pipe, a terminal
  /// and the like get them when the job is done. @throws as check() does.
  void write(Connection& session, const std::string& job, JobEnd end, const std::stop_token& stop) const;

 private:
  /// Whether all that stands in the file are rows that the ledger keeps of the job, also of discarded runs.
  [[nodiscard]] bool is_of(Connection& session, const std::string& job, const std::stop_token& stop) const;
  void require_own(Connection& session, const std::string& job, const std::stop_token& stop) const;

  // Constant after construction
  std::string path_;
  std::string header_;
};

}  // namespace leat::jobs_detail
