#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// A sequence that gives a column its values. Several columns and tables may share one.
struct OwnedSequence {
  TableName name;
  std::string column{};
  bool rises = true;  ///< true if it counts up
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool may_use = true;     ///< true if this role may take values from it
  std::int64_t step = 1;   ///< what it counts by; negative if it counts down
  std::int64_t cache = 1;  ///< how many values a session takes at once
  bool cycles = false;     ///< begins again behind its last value
  bool may_set = true;     ///< true if this role may advance it
};

/// Looks tables up and changes them. Uses one session, which must outlive the TableManager. Used by one
/// thread at a time. Every call works in the session's open transaction, if there is one. Identifiers are
/// always quoted.
class LEAT_EXPORT TableManager {
 public:
  explicit TableManager(Connection& connection) : connection_(connection) {}

  /// The table with its columns. @throws Error of the session's side, 42P01, if the table is missing.
  [[nodiscard]] TableInfo describe(const TableName& table, std::stop_token stop = {});

  /// The same for many tables at once, in their order; nullopt for a missing table.
  [[nodiscard]] std::vector<std::optional<TableInfo>> describe(std::span<const TableName> tables,
                                                               std::stop_token stop = {});

  /// True if the name still belongs to the same table, and its columns are the same.
  [[nodiscard]] bool is_unchanged(const TableInfo& table, std::stop_token stop = {});

  /// The catalog's description of these types, in their order.
  [[nodiscard]] std::vector<TypeInfo> describe_types(std::span<const Oid> types, std::stop_token stop = {});

  /// Foreign keys of other tables that reference this one or a partition of it.
  [[nodiscard]] std::vector<ReferencingKey> referencing_keys(const TableInfo& table,
                                                             std::stop_token stop = {});
  /// The same for many tables at once, by their oids; tables without such keys are left out.
  [[nodiscard]] std::map<Oid, std::vector<ReferencingKey>> referencing_keys(std::span<const Oid> tables,
                                                                            std::stop_token stop = {});

  /// Foreign keys of this table, or of a partition of it, that reference it or a partition of it.
  [[nodiscard]] std::vector<ReferencingKey> self_keys(const TableInfo& table, std::stop_token stop = {});

  /// The unique indexes of these tables, by the tables' oids, the primary key first. Only indexes over
  /// columns and without a condition.
  [[nodiscard]] std::map<Oid, std::vector<UniqueKey>> unique_keys(std::span<const Oid> tables,
                                                                  std::stop_token stop = {});

  /// The sequences that give values to columns of integers and numerics of these tables, by the tables' oids.
  /// These are the sequence of a serial or an identity, the sequences that a default uses, whoever owns them,
  /// and for a partition also the sequences of the tables above it. Each sequence is listed once for a
  /// column.
  [[nodiscard]] std::map<Oid, std::vector<OwnedSequence>> owned_sequences(std::span<const Oid> tables,
                                                                          std::stop_token stop = {});

  /// Moves a sequence beyond the last value of its column that is within its bounds, in the direction in
  /// which it counts, and never back. A ROLLBACK does not undo that. One that cycles is moved only if it has
  /// given no value yet, since its column's last value says nothing else of where it stands. Returns the
  /// value that the next one follows; nullopt if the sequence was not moved. @throws Error: 42501.
  std::optional<std::int64_t> advance(const OwnedSequence& sequence, const TableInfo& table,
                                      std::stop_token stop = {});

  /// True if this role may ANALYZE the table. If it may not, the server skips the table with only a notice.
  [[nodiscard]] bool may_analyze(const TableInfo& table, std::stop_token stop = {});

  /// TRUNCATE. For an ordinary table TRUNCATE ONLY, so inheritance children keep their rows.
  void truncate(const TableInfo& table, std::stop_token stop = {});
  /// The same for several tables at once, which may reference each other. There must be at least one.
  void truncate(std::span<const TableInfo> tables, std::stop_token stop = {});

  /// Locks ordinary tables as strongly as TRUNCATE does. True if none of them has a page, so that there is
  /// nothing to truncate. False for tables of another kind.
  [[nodiscard]] bool lock_if_empty(std::span<const TableInfo> tables, std::stop_token stop = {});

  /// True if at least one row references another by this key.
  [[nodiscard]] bool has_references(const ReferencingKey& key, std::stop_token stop = {});

  /// DELETE of every row, under a lock that keeps other writers out until the transaction ends; readers are
  /// not blocked. Tables in `along` (by their oids) are emptied in the same transaction, so their rows may be
  /// deleted too. Returns the number of deleted rows.
  /// @throws Error (target, 23503), before a row is deleted, if rows of another table would be deleted or
  /// changed too (ON DELETE CASCADE, SET NULL, SET DEFAULT).
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

}  // namespace leat
