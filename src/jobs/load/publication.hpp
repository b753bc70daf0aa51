#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/options/load_counts.hpp"
#include "jobs/survey/merge_key.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

/// How rows that were collected in a temporary table get into the table, in the transaction of the load.
class Publication {
 public:
  virtual ~Publication() = default;

  /// Makes the temporary table.
  [[nodiscard]] virtual std::string create_staging_sql() const = 0;
  /// The statements that publish() runs.
  [[nodiscard]] virtual std::vector<std::string> statements() const = 0;
  /// What a user should know of it before.
  [[nodiscard]] virtual std::vector<std::string> remarks() const = 0;
  /// What comes before the table is changed: of `staged` rows only those that count stay, writers are kept
  /// out, and what stands against it is looked for.
  /// @throws Error (target), 23503, where rows of other tables would go or change along.
  virtual void begin(std::uint64_t staged, const std::stop_token& stop) = 0;
  /// Gets the rows into the table.
  virtual void publish(const std::stop_token& stop) = 0;
  /// The same as three steps, for tables that foreign keys join: the first for each from the children up, the
  /// second from the parents down, the third from the children up.
  virtual void remove(const std::stop_token& stop) = 0;
  virtual void put(const std::stop_token& stop) = 0;
  virtual void prune(const std::stop_token& stop) = 0;
  /// Compares the table with what was staged. @throws Error (verify).
  virtual void check(const std::stop_token& stop) const = 0;
  /// Drops the temporary table, and tells what became of the rows.
  virtual LoadCounts end(const std::stop_token& stop) = 0;
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

/// What a publication works with; the references must outlive it.
struct PublicationContext {
  Connection& connection;
  const TableFacts& facts;
  const std::vector<std::string>& columns;  ///< that are sent
  TableName staging{};
  bool is_silent = false;  ///< triggers do not fire
};

/// All new ones come, by INSERT, through a view too.
[[nodiscard]] std::unique_ptr<Publication> publish_by_insert(const PublicationContext& context);
/// All old rows go, all new ones come.
[[nodiscard]] std::unique_ptr<Publication> publish_by_swap(const PublicationContext& context);
/// Rows are matched by their key.
[[nodiscard]] std::unique_ptr<Publication> publish_by_key(const PublicationContext& context, WriteMode mode,
                                                          MergeKey key);

}  // namespace leat::jobs_detail
