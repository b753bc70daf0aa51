#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/load/merge_sql.hpp"
#include "jobs/load/staged_joins.hpp"
#include "jobs/options/load_counts.hpp"
#include "jobs/survey/merge_key.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat::jobs_detail {

/// What a publication works with; the references must outlive it.
struct PublicationContext {
  Connection& connection;
  const TableFacts& facts;
  const std::vector<std::string>& columns;  ///< that are sent
  TableName staging{};
  bool is_silent = false;       ///< triggers do not fire
  bool is_one_of_many = false;  ///< see LoadSetup
  bool is_inserted = false;     ///< rows get into `staging` by INSERT
};

/// How rows that were collected in a temporary table get into the table, in the transaction of the load.
/// Used by one thread at a time.
class Publication {
 public:
  Publication(const PublicationContext& context, MergeSql sql) : context_(context), sql_(std::move(sql)) {
    if (context_.is_inserted) sql_.number_rows();
  }
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;
  virtual ~Publication() = default;

  /// Makes the temporary table.
  [[nodiscard]] std::string create_staging_sql() const { return sql_.create_staging(table()); }
  /// The statements that publish() runs.
  [[nodiscard]] virtual std::vector<std::string> statements() const = 0;
  /// What a user should know of it before.
  [[nodiscard]] virtual std::vector<std::string> remarks() const = 0;
  /// What comes before the table is changed: of `staged` rows only those that count stay, writers are kept
  /// out, and what stands against it is looked for.
  /// @throws Error (target), 23503, where rows of other tables would go or change along.
  virtual void begin(std::uint64_t staged, const std::stop_token& stop) = 0;
  /// Gets the rows into the table.
  virtual void publish(const std::stop_token& stop);
  /// The same as three steps, for tables that foreign keys join: the first for each from the children up, the
  /// second from the parents down, the third from the children up.
  virtual void remove(const std::stop_token& /*stop*/) {}
  virtual void put(const std::stop_token& stop) = 0;
  virtual void prune(const std::stop_token& /*stop*/) {}
  /// Compares the table with what was staged. @throws Error (verify).
  virtual void check(const std::stop_token& /*stop*/) const {}
  /// Drops the temporary table, and tells what became of the rows.
  virtual LoadCounts end(const std::stop_token& stop);

 protected:
  [[nodiscard]] const TableInfo& table() const { return *facts().info; }
  [[nodiscard]] const TableFacts& facts() const { return context_.facts; }
  [[nodiscard]] const MergeSql& sql() const { return sql_; }
  [[nodiscard]] Connection& connection() const { return context_.connection; }
  [[nodiscard]] bool is_silent() const { return context_.is_silent; }
  [[nodiscard]] bool is_one_of_many() const { return context_.is_one_of_many; }
  /// See MergeSql::expect().
  void expect(std::uint64_t rows) { sql_.expect(rows); }
  [[nodiscard]] bool triggers_fire(unsigned on_any) const {
    return !facts().triggers_on(on_any, is_silent()).empty();
  }

  /// Runs a statement that may take long. Returns its rows, or how many rows it has changed.
  Result run(const std::string& sql, const std::stop_token& stop) const {
    return connection().execute_long(sql, {}, stop);
  }
  /// The same of one that joins what was staged with the table.
  Result join(const std::string& sql, const std::stop_token& stop) const {
    return may_compare_all_ ? run_without_nested_loops(connection(), sql, stop) : run(sql, stop);
  }
  /// To be called before that, when so many rows are staged and others are kept out.
  void look_at_table(std::uint64_t staged, const std::stop_token& stop) {
    may_compare_all_ = may_compare_all(connection(), postgres_detail::only_sql(table()), staged, stop);
  }
  [[nodiscard]] bool finds(const std::string& sql, const std::stop_token& stop) const {
    return !run(sql, stop).empty();
  }
  /// A number of rows that is found there.
  [[nodiscard]] static std::uint64_t count_in(const Result& found, std::size_t column = 0) {
    return static_cast<std::uint64_t>(found.integer(0, column));
  }
  /// Runs changes in their order as one statement, each of which may be a join(); returns how many rows each
  /// has changed.
  [[nodiscard]] std::vector<std::uint64_t> change_as_one(const std::vector<RowChange>& changes,
                                                         const std::stop_token& stop) const;
  /// Changes as a plan tells them, as one statement or one by one.
  [[nodiscard]] static std::vector<std::string> planned(const std::vector<RowChange>& changes, bool as_one);

  /// Keeps other writers out until the transaction ends, where this role may. @throws Error (55000) where the
  /// table has got triggers, rules or keys of others since it was looked at.
  void keep_writers_out(const std::stop_token& stop) const;
  /// Keeps a table that references this one as it is.
  void hold(const ReferencingKey& key, const std::stop_token& stop) const;
  /// @throws Error (P0001) where fewer rows were deleted than wanted.
  void check_deleted(std::uint64_t wanted, std::uint64_t deleted) const;

  LoadCounts counts_{};  // so far

 private:
  const PublicationContext context_;
  MergeSql sql_;
  bool may_compare_all_ = false;
};

/// Takes a lock that others may hold up. @throws Error (55P03) that names the table.
void lock_table(Connection& connection, const std::string& sql, const TableName& table,
                const std::stop_token& stop);

/// @throws Error (55000) where the table has got or lost triggers or rules since it was looked at; with
/// `keys` foreign keys, too.
void check_effects(Connection& connection, const TableFacts& facts, bool keys, const std::stop_token& stop);

/// That triggers have kept rows which were to be deleted (P0001).
[[nodiscard]] Error rows_were_kept(const TableInfo& table, const std::string& triggers);

/// The temporary table that rows are collected in; several in one transaction have different numbers.
[[nodiscard]] TableName staging_table(std::size_t number = 0);

/// What an update sets where it differs: of the columns that are sent those that the key does not settle.
[[nodiscard]] std::vector<std::string> updated_columns(const TableInfo& table,
                                                       const std::vector<std::string>& columns,
                                                       WriteMode mode, const MergeKey& key);

/// All new ones come, by INSERT, through a view too.
[[nodiscard]] std::unique_ptr<Publication> publish_by_insert(const PublicationContext& context);
/// All old rows go, all new ones come.
[[nodiscard]] std::unique_ptr<Publication> publish_by_swap(const PublicationContext& context);
/// Rows are matched by their key.
[[nodiscard]] std::unique_ptr<Publication> publish_by_key(const PublicationContext& context, WriteMode mode,
                                                          MergeKey key);

}  // namespace leat::jobs_detail
