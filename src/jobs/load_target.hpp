#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection.hpp"
#include "leat/postgres/copy_writer.hpp"
#include "leat/postgres/table_manager.hpp"

namespace leat::jobs_detail {

/// How the target is written.
inline constexpr const char* target_transaction = "ISOLATION LEVEL READ COMMITTED";
inline constexpr const char* silence_triggers = "SET LOCAL session_replication_role = replica";

/// ANALYZE of a table whose rows are committed; adds to `notes` what came of it. Never throws for that.
void analyze(Connection& connection, const TableInfo& table, std::vector<std::string>& notes,
             const std::stop_token& stop);

/// Truncates these tables, but where none of them has any page: those are only locked as strongly, unless
/// `always`.
void empty(Connection& connection, std::span<const TableInfo> tables, bool always,
           const std::stop_token& stop);

/// The one way rows reach a table: begin, write, finish and commit, or abandon. One session, one transaction:
/// what was written becomes visible by commit() as a whole, or not at all. Used by one thread at a time.
class LoadTarget {
 public:
  /// `connection` is in a transaction; `facts` are of a table that was found, and may be older than it.
  /// `columns` are what the rows have, in their order. With `truncates_always` replace truncates even a table
  /// that has no pages.
  LoadTarget(Connection& connection, TableFacts facts, std::vector<std::string> columns, WriteMode mode,
             const StreamOptions& options, bool truncates_always);

  [[nodiscard]] const TableInfo& table() const { return *facts_.info; }
  [[nodiscard]] const TableFacts& facts() const { return facts_; }
  [[nodiscard]] bool truncates_always() const { return truncates_always_; }
  /// The statements that begin() will run, and remarks on them.
  [[nodiscard]] std::vector<std::string> statements(RowFormat format) const;
  [[nodiscard]] std::vector<std::string> remarks() const;

  /// Leaves the rows that are there from now on: somebody else has emptied the table.
  void keep_rows() { mode_ = WriteMode::append; }
  /// Empties the table where the mode says so, and starts the COPY.
  void begin(RowFormat format, std::stop_token stop);
  void write(const RowBatch& batch, std::stop_token stop);
  /// Notices, without waiting, that the server has ended the load.
  void check(std::stop_token stop);
  /// Ends the COPY, compares the server's count with `rows_sent`, makes sure that the table is the one that
  /// was looked at, and advances sequences. Returns the rows inserted.
  std::uint64_t finish(std::uint64_t rows_sent, std::stop_token stop);
  /// Runs the user's hook, commits, and analyzes where that is asked for.
  void commit(const std::stop_token& stop);
  /// What was done besides, or could not be.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] bool begun() const { return writer_.has_value(); }

 private:
  void advance_sequences(const std::stop_token& stop);
  /// What the rows are copied into, where that is not the table itself.
  [[nodiscard]] std::string create_staging_sql() const;
  [[nodiscard]] std::string insert_staged_sql() const;
  [[nodiscard]] const TableName& copied_into() const;
  [[nodiscard]] bool stages() const { return table().kind == RelationKind::view; }
  [[nodiscard]] std::string only_table() const;
  [[nodiscard]] bool deletes() const { return mode_ == WriteMode::replace && facts_.empties_by_delete; }

  // Constant after construction
  Connection& connection_;
  TableFacts facts_;
  std::vector<std::string> columns_;
  WriteMode mode_;
  bool truncates_always_;
  SuppressedRows suppressed_;
  Triggers triggers_;
  bool advance_sequences_;
  bool analyze_;
  TargetHook before_commit_;
  // Used by one thread at a time
  std::optional<CopyWriter> writer_;
  std::vector<std::string> notes_;
};

}  // namespace leat::jobs_detail
