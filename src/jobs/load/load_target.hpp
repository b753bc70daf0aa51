#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/load/pace.hpp"
#include "jobs/load/publication.hpp"
#include "jobs/options/load_counts.hpp"
#include "jobs/rejects/rejecting_writer.hpp"
#include "jobs/survey/merge_key.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/postgres/session/connection.hpp"

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

/// How a table is written.
struct LoadSetup {
  std::vector<std::string> columns{};  ///< what the rows have, in their order
  WriteMode mode = WriteMode::replace;
  std::optional<MergeKey> key{};  ///< for a mode that uses one
  bool copies_beside = false;     ///< swap: into the table itself, from which the old rows go at the end
  std::optional<RejectSetup> rejects{};  ///< where bad rows are to be rejected
  std::shared_ptr<Pace> pace{};          ///< null: as fast as it goes
  std::size_t number = 0;                ///< another one for each target that shares the transaction
  bool is_part = false;  ///< of rows that others load, too; what comes at the end is left to after_parts()
  /// A table that outlives the session, in which parts collect the rows before one load publishes them.
  std::optional<TableName> staging{};
};

/// The one way rows reach a table: begin, write, finish and commit, or abandon. One session, one transaction:
/// what was written becomes visible by commit() as a whole, or not at all. Used by one thread at a time.
class LoadTarget {
 public:
  /// `connection` is in a transaction; `facts` are of a table that was found, and may be older than it.
  LoadTarget(Connection& connection, TableFacts facts, LoadSetup setup, const StreamOptions& options,
             const ServerFacts& server);
  LoadTarget(const LoadTarget&) = delete;
  LoadTarget& operator=(const LoadTarget&) = delete;
  ~LoadTarget() = default;

  [[nodiscard]] const TableInfo& table() const { return *facts_.info; }
  [[nodiscard]] const TableFacts& facts() const { return facts_; }
  [[nodiscard]] bool truncates_always() const { return truncates_always_; }
  /// The statements that begin() will run, and remarks on them.
  [[nodiscard]] std::vector<std::string> statements(RowFormat format) const;
  [[nodiscard]] std::vector<std::string> remarks() const;

  /// Leaves the rows that are there from now on: somebody else has emptied the table.
  void keep_rows() {
    mode_ = WriteMode::append;
    deleted_.reset();
  }
  /// Makes the table in which parts collect the rows.
  void create_staging(const std::stop_token& stop);
  /// Empties the table where the mode says so, and starts the COPY.
  void begin(RowFormat format, std::stop_token stop);
  void write(const RowBatch& batch, std::stop_token stop);
  /// Rows come from several readers, so that their batches do not know where in the stream they were.
  void forget_row_numbers() {
    if (rejects_) rejects_->numbers_rows = false;
  }
  /// What it knows of rows that may be rejected; null where none may. Not to be changed after begin().
  [[nodiscard]] RejectSetup* rejects() { return rejects_ ? &*rejects_ : nullptr; }
  [[nodiscard]] std::uint64_t rows_rejected() const { return rejecting_ ? rejecting_->rejected() : 0; }
  /// DELETE of all rows, with those of tables that are loaded `along` (see TableManager::delete_all). @throws
  /// Error (55000) where triggers or rules came since the table was looked at, (P0001) where they keep rows.
  void delete_all(std::span<const Oid> along, const std::stop_token& stop);
  /// Notices, without waiting, that the server has ended the load.
  void check(std::stop_token stop);
  /// Ends the COPY.
  void end_copy(std::stop_token stop);
  /// How what was staged gets into the table; null where nothing is staged.
  [[nodiscard]] Publication* publication() const { return publication_.get(); }
  [[nodiscard]] const TableName& staging() const { return staging_; }
  /// Publication::begin() of the rows that were copied.
  void begin_publishing(const std::stop_token& stop) { publication_->begin(rows_copied_, stop); }
  /// Publishes what was staged, where it stands alone.
  void publish(const std::stop_token& stop);
  /// Empties the table where the mode says so, and publishes what parts have collected: so many rows.
  void publish_collected(std::uint64_t rows, const std::stop_token& stop);
  /// Compares the server's counts with the rows that were sent, makes sure that the table is the one that was
  /// looked at, and advances sequences.
  LoadCounts complete(const std::stop_token& stop);
  /// Runs the user's hook, commits as commit_or_ask() does, and analyzes where that is asked for.
  void commit(const std::stop_token& stop);
  /// The same, with what is to be the last statement, where the ledger tells what became of it when the
  /// answer is lost. @throws Error, which may be in_doubt().
  void commit_with_ledger(const std::stop_token& stop, const std::function<void()>& last = {});
  /// After commit_with_ledger(), on a session with the target: analyzes where that is asked for. Adds to
  /// notes().
  void analyze_committed(Connection& session, const std::stop_token& stop);
  /// When others have committed the rows: advances sequences and analyzes. No transaction may be open. What
  /// fails is among the notes.
  void after_parts(const std::stop_token& stop);
  /// What was done besides, or could not be.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] bool begun() const { return writer_ || rejecting_; }

 private:
  void advance_sequences(const std::stop_token& stop);
  /// What the rows are copied into.
  [[nodiscard]] const TableName& copied_into() const {
    return publication_ || collects_ ? staging_ : table().name;
  }
  /// Empties the table where the mode says so.
  void empty_first(const std::stop_token& stop);
  [[nodiscard]] bool deletes() const { return mode_ == WriteMode::replace && facts_.empties_by_delete; }
  /// An error of the COPY in words of the table that it is meant for.
  [[nodiscard]] Error explain(const Error& error) const;
  /// Deletes the rows that were there before the load.
  void delete_old(const std::stop_token& stop);
  /// After a DELETE of the rows that meet a condition ("" for all), which triggers may keep from some of
  /// them. @throws Error (P0001).
  void check_emptied(const std::string& condition, const std::stop_token& stop) const;
  /// Rows that this load has written, of those that are there.
  [[nodiscard]] std::string is_own() const;
  void check_counts(const LoadCounts& counts) const;

  // Constant after construction, but for mode_ and rejects_ (keep_rows(), forget_row_numbers(), rejects())
  Connection& connection_;
  TableFacts facts_;
  std::vector<std::string> columns_;
  WriteMode mode_;
  bool copies_beside_;
  std::optional<RejectSetup> rejects_;
  std::shared_ptr<Pace> pace_;
  bool collects_;  // into a table that another load publishes
  TableName staging_;
  bool is_silent_;  // triggers do not fire
  bool truncates_always_;
  SuppressedRows suppressed_;
  Triggers triggers_;
  bool advance_sequences_;
  bool analyze_;
  TargetHook before_commit_;
  std::string server_run_;
  // Used by one thread at a time
  std::unique_ptr<Publication> publication_;  // null where rows are copied into the table itself
  std::optional<CopyWriter> writer_;
  std::optional<RejectingWriter> rejecting_;  // instead of writer_
  std::optional<std::uint64_t> deleted_ = 0;
  std::uint64_t rows_sent_ = 0;
  std::uint64_t rows_copied_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace leat::jobs_detail
