#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

/// A statement that inserts, updates or deletes rows.
struct RowChange {
  std::string sql;
  bool has_condition = true;  ///< it ends with one
};

/// Which rows of the table a load by a key deletes.
enum class DeletedRows {
  absent,  ///< those whose key was not staged
  staged,  ///< those whose key was
};

/// The setting that says, as a number that grows in the order of reading, which slice a session writes into a
/// staging table that outlives it.
inline constexpr const char* slice_setting = "leat.slice";

/// The statements that get rows from a staging table into a table. In all of them `t` is the table and `s`
/// the staging table. Pure: it knows no server.
class MergeSql {
 public:
  /// `columns` are what the staging table has, in its order; `key` is among them, and may be empty for what
  /// needs none. `updated` are what an update sets where they differ.
  MergeSql(const TableInfo& table, TableName staging, std::vector<std::string> columns,
           std::vector<KeyColumn> key, std::vector<std::string> updated);

  /// Rows get into the temporary table by INSERT, which may put a row into any page, and not by one COPY.
  void number_rows() { numbers_rows_ = true; }
  /// Tells the planner that no more than so many rows are staged, for all statements from then on. Of a new
  /// table it believes that it has ten pages.
  void expect(std::uint64_t rows);

  /// CREATE of the staging table: the columns in the table's types, those of the key NOT NULL.
  [[nodiscard]] std::string create_staging(const TableInfo& table) const;

  /// Finds one key that several rows have.
  [[nodiscard]] std::string find_repeated() const;
  /// Of rows with the same key, deletes all but the one that came last.
  [[nodiscard]] std::string delete_superseded() const;

  /// Keeps other writers out until the transaction ends, and those that lock rows.
  [[nodiscard]] std::string lock() const;

  [[nodiscard]] RowChange insert_all() const;
  [[nodiscard]] RowChange insert_missing() const;
  [[nodiscard]] RowChange update_changed() const;
  [[nodiscard]] RowChange delete_all() const;
  [[nodiscard]] RowChange delete_rows(DeletedRows which) const;
  /// Updates and inserts at once, from PostgreSQL 15 on. `on_update` is a call whose value is > 0, once for
  /// each row that is to be updated.
  [[nodiscard]] std::string merge(const std::string& on_update) const;

  /// How many rows an upsert would update and insert.
  [[nodiscard]] std::string count_wanted() const;
  /// How many rows the table has.
  [[nodiscard]] std::string count_all() const { return "SELECT pg_catalog.count(*) FROM " + only_; }
  /// How many rows delete_rows() would delete.
  [[nodiscard]] std::string count_rows(DeletedRows which) const;
  /// The key of one staged row that the table does not have like that, as text.
  [[nodiscard]] std::string find_different() const;

  /// The same of one that the table does not have, or that this transaction has put there in another form.
  [[nodiscard]] std::string find_different_new() const;
  /// The same as find_different(), of tables in which several rows have one key, and of every column.
  [[nodiscard]] std::string find_lacking() const;

  /// One row that references one that delete_rows() deletes. With `only_staged` one that itself stays, of the
  /// same table.
  [[nodiscard]] std::string find_reference_to_deleted(const ReferencingKey& key, DeletedRows which,
                                                      bool only_staged = false) const;
  /// One row that references a value which an update changes, or may change where `by_any_change`; empty
  /// where none can.
  [[nodiscard]] std::string find_reference_to_changed(const ReferencingKey& key, bool by_any_change) const;
  /// One staged row whose key the table does not have.
  [[nodiscard]] std::string find_missing() const;

  [[nodiscard]] bool updates() const { return !updated_.empty(); }
  /// The names of the key's columns: a, "B"
  [[nodiscard]] std::string key_list() const;
  [[nodiscard]] const TableName& staging() const { return staging_; }

 private:
  [[nodiscard]] std::string matches(const std::string& table = "t") const;
  /// What of a joined row of the table is NULL only if there is none.
  [[nodiscard]] std::string joined_row() const;
  [[nodiscard]] std::string is_staged(const std::string& table = "t") const;
  [[nodiscard]] std::string are_deleted(DeletedRows which) const;
  [[nodiscard]] std::string key_values() const;
  [[nodiscard]] bool is_temporary() const { return staging_.schema == "pg_temp"; }
  /// A column of a staging table that several sessions write, which no column of the rows is called.
  [[nodiscard]] std::string order_column(std::string name) const;
  [[nodiscard]] std::string assignments() const;
  [[nodiscard]] std::string insert_head() const;

  std::string only_;
  std::string name_;
  TableName staging_;
  std::string staged_;  // its rows, as they stand before "AS s"
  std::vector<std::string> columns_;
  std::vector<KeyColumn> key_;
  std::vector<std::string> updated_;
  bool numbers_rows_ = false;
};

/// The condition that a row was written by this transaction, outside of savepoints, of which `alias` is
/// empty or ends with a dot.
[[nodiscard]] std::string is_of_this_transaction(const std::string& alias);

/// The same where it may have been written behind savepoints, of a row that can be seen.
[[nodiscard]] std::string is_in_progress(const std::string& alias);

/// Several statements as one, so that foreign keys are checked when all are done, and each begins when the
/// one before has ended. Its one row has how many rows each has changed.
[[nodiscard]] std::string as_one_statement(const std::vector<RowChange>& statements);

}  // namespace leat::jobs_detail
