#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/rejects/row_rejects_file.hpp"
#include "leat/core/error.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/reject.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What becomes of rejected rows stands or falls with this.
enum class RejectsWithin {
  one_load,  ///< they go to the file and the callback at once
  slices,    ///< of a job, each a transaction: the ledger keeps them, and the file is written from it
};

/// How many rows of a load were rejected, and its file and callback for them. Writers share it. Thread-safe.
class RejectBook {
 public:
  /// `columns` are the target's that rows have. @throws Error (config) where the file cannot be written.
  RejectBook(std::uint64_t most, Rejects rejects, std::span<const TableColumn> columns, RejectsWithin within);

  /// Counts the row, and keeps it where that is done at once. @throws Error (target), with what the server
  /// said of this row, where there are more than may be.
  void add(const RejectedRow& row, const Error& error, const std::stop_token& stop);
  /// @throws Error (target) where so many that wait to be tried again would be too many.
  void check(std::uint64_t waiting, const Error& error) const;
  /// Counts rows that earlier attempts have rejected.
  void count_earlier(std::uint64_t rows) { count_ += rows; }
  /// Rows of a slice that was rolled back were not rejected.
  void take_back(std::uint64_t rows) { count_ -= rows; }
  /// Gives rows of a slice that is committed to the callback.
  void tell(std::span<const RejectedRow> rows);
  /// Returns when the file is on disk; to be called before the COMMIT.
  void sync();
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const Rejects& rejects() const { return rejects_; }

 private:
  [[nodiscard]] Error too_many(std::uint64_t rejected, std::uint64_t waiting, const Error& error) const;

  // Constant after construction
  const std::uint64_t most_;
  const Rejects rejects_;
  const RejectsWithin within_;
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
  ByteCount most_collected{};                ///< of batches, that are written behind one savepoint
  std::optional<TableName> reject_table{};   ///< that gets each row at once
  /// Keeps a row besides, in the transaction of its writer.
  std::function<void(const RejectedRow& row, const std::stop_token& stop)> keep{};
};

/// Whether an error of a COPY is of a row, so that others may pass.
[[nodiscard]] bool is_of_row(const Error& error);

/// Looks at the target, in the transaction of the load, and opens what rejected rows go to; what stands
/// against it is added to `findings`. `setup` says what is known without that. `columns` are what rows have.
/// `job`: whose slices are committed one by one; empty where they are not.
[[nodiscard]] RejectSetup prepare_rejects(Connection& connection, RejectSetup setup,
                                          const std::vector<std::string>& columns, const std::string& job,
                                          const StreamOptions& options, std::vector<Finding>& findings,
                                          const std::stop_token& stop);

/// Leaves out constraints of the table that are not there while rows are written.
void forget_constraints(RejectSetup& setup, std::span<const std::string> names);

/// The statement that has deferred constraints checked with each batch.
[[nodiscard]] std::string check_at_once_sql(const RejectSetup& setup);

/// What a plan says of constraints that are checked with each batch.
[[nodiscard]] std::string check_at_once_remark(const RejectSetup& setup);
/// What a plan says of it.
[[nodiscard]] std::vector<std::string> reject_remarks(const RejectSetup& setup, WriteMode mode,
                                                      const StreamOptions& options);
/// What a report says of so many rejected rows, and of those of earlier attempts among them.
[[nodiscard]] std::string reject_note(const RejectSetup& setup, std::uint64_t count,
                                      std::uint64_t earlier = 0);

}  // namespace leat::jobs_detail
