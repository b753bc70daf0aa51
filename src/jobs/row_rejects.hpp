#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/row_rejects_file.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/finding.hpp"
#include "leat/jobs/reject.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/jobs/write_mode.hpp"
#include "leat/postgres/connection.hpp"
#include "leat/postgres/table_info.hpp"

namespace leat::jobs_detail {

/// How many rows of a load were rejected, and its file and callback for them. Writers share it. Thread-safe.
class RejectBook {
 public:
  /// `columns` are the target's that rows have. @throws Error (config) where the file cannot be written.
  RejectBook(std::uint64_t most, Rejects rejects, std::span<const std::string> columns);

  /// Counts the row and keeps it. @throws Error (target), with what the server said of this row, where there
  /// are more than may be.
  void add(const RejectedRow& row, const Error& error);
  /// @throws Error (target) where so many that wait to be tried again would be too many.
  void check(std::uint64_t waiting, const Error& error) const;
  /// Returns when the file is on disk; to be called before the COMMIT.
  void sync();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const Rejects& rejects() const { return rejects_; }

 private:
  // Constant after construction
  const std::uint64_t most_;
  const Rejects rejects_;
  // Thread-safe
  std::atomic<std::uint64_t> count_{0};
  std::mutex mutex_;
  // Guarded by mutex_
  std::optional<RejectFile> file_;
};

/// What there is to know of the rows of a load whose bad ones are rejected. A plain value; writers share it.
struct RejectSetup {
  std::shared_ptr<RejectBook> book{};
  TableInfo table{};                         ///< that the rows are meant for
  TableName copied_into{};                   ///< a temporary table, where rows are staged
  std::vector<TableColumn> columns{};        ///< that rows have
  std::vector<std::size_t> key{};            ///< of them the primary key, where it is all there
  std::vector<std::string> check_at_once{};  ///< deferred constraints to check with each batch, as SQL
  std::vector<std::string> self_keys{};      ///< foreign keys of the table to itself that are checked at once
  bool numbers_rows = false;                 ///< batches know where in the stream their rows were
  std::optional<TableName> reject_table{};
};

/// Whether an error of a COPY is of a row, so that others may pass.
[[nodiscard]] bool is_of_row(const Error& error);

/// @throws Error (config) where the options do not go together.
void validate_rejects(const StreamOptions& options);

/// Looks at the target, in the transaction of the load, and opens what rejected rows go to; what stands
/// against it is added to `findings`.
[[nodiscard]] RejectSetup prepare_rejects(Connection& connection, const TableInfo& table,
                                          std::vector<std::string> columns, const TableName& copied_into,
                                          bool is_staged, bool numbers_rows, const StreamOptions& options,
                                          std::vector<Finding>& findings, const std::stop_token& stop);

/// The statement that has deferred constraints checked with each batch.
[[nodiscard]] std::string check_at_once_sql(const RejectSetup& setup);

/// What a plan says of it.
[[nodiscard]] std::vector<std::string> reject_remarks(const RejectSetup& setup, WriteMode mode,
                                                      const StreamOptions& options);
/// What a report says of it; empty where no row was rejected.
[[nodiscard]] std::string reject_note(const RejectSetup& setup);

}  // namespace leat::jobs_detail
