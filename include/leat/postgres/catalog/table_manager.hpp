#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// A sequence that gives a column its values. Columns and tables may share one.
struct OwnedSequence {
  TableName name;
  std::string column{};
  bool rises = true;  ///< it counts up
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool may_use = true;  ///< this role may take values from it
};

/// Looks tables up and changes them, over one session (which must outlive it). Used by one thread at a time.
/// Every call works in the session's open transaction, if there is one. Identifiers are always quoted.
class TableManager {
 public:
  explicit TableManager(Connection& connection) : connection_(connection) {}

  /// The table with its columns. @throws Error of the session's side, 42P01, when there is none.
  [[nodiscard]] TableInfo describe(const TableName& table, std::stop_token stop = {});

  /// The same for many at once, in their order; nullopt for one that there is not.
  [[nodiscard]] std::vector<std::optional<TableInfo>> describe(std::span<const TableName> tables,
                                                               std::stop_token stop = {});

  /// Whether that name still means that table, and its columns are what they were.
  [[nodiscard]] bool is_unchanged(const TableInfo& table, std::stop_token stop = {});

  /// What the catalog says of these types, in their order.
  [[nodiscard]] std::vector<TypeInfo> describe_types(std::span<const Oid> types, std::stop_token stop = {});

  /// Foreign keys of other tables that reference this one or a partition of it.
  [[nodiscard]] std::vector<ReferencingKey> referencing_keys(const TableInfo& table,
                                                             std::stop_token stop = {});
  /// The same for many at once, by their oids; those without such keys are left out.
  [[nodiscard]] std::map<Oid, std::vector<ReferencingKey>> referencing_keys(std::span<const Oid> tables,
                                                                            std::stop_token stop = {});

  /// Foreign keys of this table, or of a partition of it, that reference it or a partition of it.
  [[nodiscard]] std::vector<ReferencingKey> self_keys(const TableInfo& table, std::stop_token stop = {});

  /// The unique indexes of these tables that are over columns and have no condition, by the tables' oids, the
  /// primary key first.
  [[nodiscard]] std::map<Oid, std::vector<UniqueKey>> unique_keys(std::span<const Oid> tables,
                                                                  std::stop_token stop = {});

  /// The sequences that give integer columns of these tables their values, by the tables' oids: a serial's or
  /// an identity's, those that a default uses, whoever owns them, and for a partition also those of the
  /// tables above it. Each once for a column; none that begin again by themselves (CYCLE).
  [[nodiscard]] std::map<Oid, std::vector<OwnedSequence>> owned_sequences(std::span<const Oid> tables,
                                                                          std::stop_token stop = {});

  /// Moves a sequence beyond its column's last value, in the direction in which it counts, within its bounds
  /// and never back. That is not undone by a ROLLBACK. Returns the value after which the next one comes;
  /// nullopt where it stands beyond already. @throws Error: 42501.
  std::optional<std::int64_t> advance(const OwnedSequence& sequence, const TableInfo& table,
                                      std::stop_token stop = {});

  /// Whether this role may ANALYZE the table; the server itself leaves it out with no more than a notice.
  [[nodiscard]] bool may_analyze(const TableInfo& table, std::stop_token stop = {});

  /// TRUNCATE, of an ordinary table ONLY it (inheritance children keep their rows).
  void truncate(const TableInfo& table, std::stop_token stop = {});
  /// The same for several at once, which may reference each other. There must be one.
  void truncate(std::span<const TableInfo> tables, std::stop_token stop = {});

  /// Locks ordinary tables as strongly as TRUNCATE. Whether none of them has a page, so that there is nothing
  /// to truncate; false for tables of another kind.
  [[nodiscard]] bool lock_if_empty(std::span<const TableInfo> tables, std::stop_token stop = {});

  /// Whether some row references another by this key.
  [[nodiscard]] bool has_references(const ReferencingKey& key, std::stop_token stop = {});

  /// DELETE of every row, under a lock that keeps other writers out until the transaction ends; readers go
  /// on. Tables of `along` (by their oids) are emptied in the same transaction, so that rows of theirs may
  /// go. Returns how many were deleted.
  /// @throws Error (target, 23503), before a row is gone, when rows of another table would be deleted or
  /// changed along with them (ON DELETE CASCADE, SET NULL, SET DEFAULT).
  std::uint64_t delete_all(const TableInfo& table, std::span<const Oid> along = {},
                           std::stop_token stop = {});

  /// CREATE TABLE … (LIKE model INCLUDING ALL).
  void create_like(const TableName& table, const TableName& model, std::stop_token stop = {});

 private:
  [[nodiscard]] std::map<Oid, std::vector<ReferencingKey>> read_keys(std::span<const Oid> tables, bool own,
                                                                     const std::stop_token& stop);
  [[nodiscard]] std::map<Oid, std::vector<TableColumn>> read_columns(std::span<const Oid> tables,
                                                                     const std::stop_token& stop);

  Connection& connection_;
};

/// That rows of another table would be deleted or changed along with those of this one (23503).
[[nodiscard]] Error would_go_along(const TableName& table, const ReferencingKey& key);

/// "ONLY t" for an ordinary table, so that inheritance children stay out of it; else "t".
[[nodiscard]] std::string only_sql(const TableInfo& table);

/// One column of a SELECT list.
struct SelectItem {
  std::string sql{};      ///< an expression over the table's columns
  bool is_column = true;  ///< it is a column's name and nothing else
};

/// The columns themselves as a SELECT list.
[[nodiscard]] std::vector<SelectItem> select_items(std::span<const TableColumn> columns);

/// A SELECT of these. `where` is SQL of the user's own; empty for all rows.
[[nodiscard]] std::string select_sql(const TableInfo& table, std::span<const SelectItem> items,
                                     std::string_view where);

/// COPY … TO STDOUT of these: of the table itself where that is possible, since it is the fastest, else of
/// select_sql().
[[nodiscard]] std::string copy_to_sql(const TableInfo& table, std::span<const SelectItem> items,
                                      std::string_view where, RowFormat format);

/// COPY (query) TO STDOUT. The query is SQL of the user's own; a ';' at its end is left out.
[[nodiscard]] std::string copy_query_sql(std::string_view query, RowFormat format);

/// COPY … FROM STDIN into these columns; none stands for all that the table has.
[[nodiscard]] std::string copy_from_sql(const TableName& table, std::span<const std::string> columns,
                                        RowFormat format);

}  // namespace leat
