#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/load/beside_rows.hpp"
#include "jobs/load/pace.hpp"
#include "jobs/load/publication.hpp"
#include "jobs/load/transformed_input.hpp"
#include "jobs/options/load_counts.hpp"
#include "jobs/rejects/rejecting_writer.hpp"
#include "jobs/survey/merge_key.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/data/store/row_sink.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/copy/copy_sql.hpp"
#include "leat/postgres/copy/copy_writer.hpp"

namespace leat::jobs_detail {

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
  std::optional<RejectSetup> rejects{};    ///< where bad rows are to be rejected
  std::shared_ptr<Pace> pace{};            ///< null: as fast as it goes
  std::shared_ptr<BesideTables> beside{};  ///< null where no row hook writes into other tables
  std::size_t number = 0;                  ///< another one for each target that shares the transaction
  /// A table that outlives the session, in which parts collect the rows that this load publishes.
  std::optional<TableName> staging{};
  /// Appends rows to those of other parts, each in a transaction of its own, or to what waits in `staging`.
  /// What stands around all parts is none of its business.
  bool is_part = false;
  /// One of many loads of few rows each, whose key is looked up in the same table again and again.
  bool is_one_of_many = false;
  /// Transforms that make the rows of `columns`; null where these come as they are.
  std::shared_ptr<const TransformedInput> input{};
};

/// What becomes of a table's rows by a load, in one transaction of one session: the old ones go as the mode
/// says, the new ones come by a COPY, or are published from where they were collected. Nothing is visible
/// before the COMMIT, which is somebody else's. Used by one thread at a time.
class TableLoad final : public RowSink {
 public:
  /// `connection` is in a transaction; `facts` are of a table that was found, and may be older than it.
  TableLoad(Connection& connection, TableFacts facts, LoadSetup setup, const StreamOptions& options,
            const ServerFacts& server);
  TableLoad(const TableLoad&) = delete;
  TableLoad& operator=(const TableLoad&) = delete;
  ~TableLoad() override = default;

  [[nodiscard]] const TableInfo& table() const { return *facts_.info; }
  [[nodiscard]] const TableFacts& facts() const { return facts_; }
  [[nodiscard]] bool truncates_always() const { return truncates_always_; }
  /// The statements that begin() will run, and remarks on them.
  [[nodiscard]] std::vector<std::string> statements(RowFormat format) const;
  [[nodiscard]] std::vector<std::string> remarks() const;
  /// What it knows of rows that may be rejected; null where none may. Not to be changed after begin().
  [[nodiscard]] RejectSetup* rejects() { return setup_.rejects ? &*setup_.rejects : nullptr; }

  // Before the rows

  /// Leaves the rows that are there from now on: somebody else has emptied the table.
  void keep_rows() {
    setup_.mode = WriteMode::append;
    deleted_.reset();
  }
  /// DELETE of all rows, with those of tables that are loaded `along` (see TableManager::delete_all). @throws
  /// Error (55000) where triggers or rules came since the table was looked at, (P0001) where they keep rows.
  void delete_all(std::span<const Oid> along, const std::stop_token& stop);
  /// Makes the table in which parts collect the rows.
  void create_staging(const std::stop_token& stop);
  /// Empties the table where the mode says so, and starts the COPY.
  void begin(RowFormat format, std::stop_token stop) override;
  [[nodiscard]] bool begun() const { return has_begun_; }

  // The rows

  void write(const RowBatch& batch, std::stop_token stop) override;
  /// Takes rows for tables beside, and ends the COPY for as long as it writes them, if many wait.
  void write_beside(std::vector<RowBatch> batches, const std::stop_token& stop);
  void check(std::stop_token stop) override;
  [[nodiscard]] std::uint64_t rows_rejected() const { return rejecting_ ? rejecting_->rejected() : 0; }
  /// Ends the COPY, so that whatever the server still has to say of the rows comes now, and has transforms
  /// make the rows of the load.
  std::uint64_t finish(std::stop_token stop) override;
  /// How many rows transforms in the target have made; nullopt where there are none.
  [[nodiscard]] std::optional<std::uint64_t> rows_made() const { return rows_made_; }

  // After them

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
  /// looked at, and advances sequences. @throws Error (target): P0001, 55000.
  [[nodiscard]] LoadCounts complete(const std::stop_token& stop);
  /// The number of its transaction, where the server has told it with the end of the rows.
  [[nodiscard]] std::optional<std::uint64_t> transaction() const { return transaction_; }
  /// Counts the rows of tables beside as written: they are committed, or will be with the others.
  void count_beside() const {
    if (beside_) setup_.beside->count(beside_->rows());
  }
  /// What was done besides, or could not be.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  /// Empties the table where the mode says so.
  void empty_first(const std::stop_token& stop);
  /// Whether nothing is to be done between the old rows and the COPY.
  [[nodiscard]] bool copies_alone() const {
    return !setup_.rejects && !publication_ && !setup_.copies_beside && !setup_.input;
  }
  /// Empties the table where the mode says so, and makes ready where the rows of the load are put.
  void make_room(const std::stop_token& stop);
  /// Has transforms make the rows of the load of those that were copied.
  void transform_rows(const std::stop_token& stop);
  /// An error of a lock on the table, with who stood in its way.
  [[nodiscard]] Error with_holder(const Error& error) const;
  /// begin(), whose error may be one of a lock on the table.
  void begin_rows(RowFormat format, std::stop_token stop);
  /// Empties the table and starts the COPY by one message, with the BEGIN where it is still to be sent.
  /// False, with nothing done, where the table is not as empty as it was; then a transaction is open.
  [[nodiscard]] bool begin_at_once(RowFormat format, const std::stop_token& stop);
  /// What goes with the end of the rows.
  [[nodiscard]] BesideCopy beside_end() const;
  /// Ends the COPY until there are rows again.
  void pause(const std::stop_token& stop);
  [[nodiscard]] std::string copy_sql(RowFormat format) const {
    return setup_.input ? copy_from_sql(input_table(), setup_.input->columns, format)
                        : copy_from_sql(copied_into_, setup_.columns, format);
  }
  /// @throws Error (target, P0001) where the counts do not add up to the rows that were sent, or the target
  /// left out rows that it must take.
  void check_counts(const LoadCounts& counts) const;
  /// @throws Error (target, 55000) where the table has changed since it was looked at: as the server has said
  /// with the end of the rows, or says now.
  void check_unchanged(const std::stop_token& stop) const;
  [[nodiscard]] bool deletes() const { return setup_.mode == WriteMode::replace && facts_.empties_by_delete; }
  /// An error of the COPY in words of the table that it is meant for.
  [[nodiscard]] Error explain(const Error& error) const;
  /// Deletes the rows that were there before the load.
  void delete_old(const std::stop_token& stop);
  /// After a DELETE of the rows that meet a condition ("" for all), which triggers may keep from some of
  /// them. @throws Error (P0001).
  void check_emptied(const std::string& condition, const std::stop_token& stop) const;
  /// Rows that this load has written, of those that are there.
  [[nodiscard]] std::string is_own() const;

  // Constant after construction, but for keep_rows() and rejects()
  Connection& connection_;
  TableFacts facts_;
  LoadSetup setup_;
  TableName staging_;
  bool is_silent_;  // triggers do not fire
  bool truncates_always_;
  StreamOptions options_;
  bool asks_number_;  // of the transaction, for who asks what became of it
  // Used by one thread at a time
  std::unique_ptr<Publication> publication_;  // null where rows are copied into the table itself
  const TableName copied_into_;               // or put there by transforms
  std::optional<CopyWriter> writer_;
  std::optional<RejectingWriter> rejecting_;  // instead of writer_
  std::optional<BesideRows> beside_;
  bool has_begun_ = false;
  RowFormat format_ = RowFormat::binary;  // of the rows
  std::optional<std::uint64_t> deleted_ = 0;
  std::uint64_t rows_sent_ = 0;  // and not rejected
  std::uint64_t rows_copied_ = 0;
  std::optional<std::uint64_t> rows_made_;
  // What the server has said with the end of the rows
  std::optional<bool> is_unchanged_;
  std::optional<std::uint64_t> transaction_;
  std::vector<std::string> notes_;
};

}  // namespace leat::jobs_detail
