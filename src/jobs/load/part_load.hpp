#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/load/copy_end.hpp"
#include "jobs/load/copy_into.hpp"
#include "jobs/options/load_counts.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

/// How one part of a load is written.
struct PartSetup {
  std::vector<std::string> columns{};
  /// The table that the rows are meant for.
  TableInfo table{};
  /// A table that outlives the session, in which parts wait to be published; nullopt: they go into the table.
  std::optional<TableName> staging{};
  std::optional<RejectSetup> rejects{};
  std::shared_ptr<Pace> pace{};
  Triggers triggers = Triggers::fire;
  SuppressedRows suppressed = SuppressedRows::error;
  bool asks_number = false;  ///< for the transaction's, with the end of the rows
};

/// Rows that are appended to those of other parts, in a transaction of their own: a unit's, or a writer's.
/// What stands around all parts is none of its business. Used by one thread at a time.
class PartLoad {
 public:
  /// `connection` has a transaction open, and outlives it.
  PartLoad(Connection& connection, PartSetup setup);
  PartLoad(const PartLoad&) = delete;
  PartLoad& operator=(const PartLoad&) = delete;
  ~PartLoad() = default;

  void begin(RowFormat format, const std::stop_token& stop);
  [[nodiscard]] CopyInto& copy() { return copy_; }
  /// All rows were given: compares the server's counts with them, and makes sure that the table is the one
  /// that was looked at. A COMMIT is to follow. @throws Error (target): P0001, 55000.
  [[nodiscard]] LoadCounts end(const std::stop_token& stop);
  /// Ends the COPY alone, so that whatever the server still has to say comes now.
  void end_copy(const std::stop_token& stop);
  /// After end_copy().
  [[nodiscard]] LoadCounts counts(const std::stop_token& stop);
  /// The number of its transaction, where the server has told it with the end of the rows.
  [[nodiscard]] std::optional<std::uint64_t> transaction() const { return end_.transaction; }

 private:
  Connection& connection_;
  PartSetup setup_;
  CopyInto copy_;
  CopyEnd end_;
};

/// @throws Error (target, P0001) where the counts do not add up to the rows that were sent, or the target
/// left out rows that it must take.
void check_counts(const LoadCounts& counts, std::uint64_t sent, SuppressedRows suppressed,
                  const TableName& table);

/// @throws Error (target, 55000) where the table has changed since it was looked at: as the server has said
/// with the end of the rows, or says now.
void check_unchanged(Connection& connection, const TableInfo& table, const CopyEnd& end,
                     const std::stop_token& stop);

}  // namespace leat::jobs_detail
