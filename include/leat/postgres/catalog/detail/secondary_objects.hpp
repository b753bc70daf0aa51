#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"

namespace leat::postgres_detail {

/// The objects of a table, other than its rows and its primary key, that are not needed during a load.
enum class SecondaryKind {
  index,
  unique_constraint,
  exclusion_constraint,
  foreign_key,
};

/// "index", "unique constraint", "exclusion constraint" or "foreign key".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(SecondaryKind kind);
/// @throws Error (target) for another text.
[[nodiscard]] LEAT_EXPORT SecondaryKind to_secondary_kind(std::string_view text);

/// One index or constraint, with the SQL that drops it and the SQL that restores it exactly as it was.
struct SecondaryObject {
  SecondaryKind kind = SecondaryKind::index;
  std::string name{};
  std::string drop_sql{};
  /// The slow part: builds the index, or validates the foreign key.
  std::string build_sql{};
  /// The part that follows after everything is built: the constraint over its index, comments, statistics
  /// targets, the mark of CLUSTER.
  std::vector<std::string> finish_sql{};
  std::string tablespace{};    ///< of the index; empty: the database's own
  std::string references{};    ///< the table that a foreign key references, for people
  Oid referenced = 0;          ///< its oid
  std::string kept_because{};  ///< why it cannot be dropped; empty if it can

  [[nodiscard]] bool is_constraint() const { return kind != SecondaryKind::index; }
};

/// "index orders_customer"
[[nodiscard]] LEAT_EXPORT std::string display(const SecondaryObject& object);

/// An order in which readers wait least: indexes first, then foreign keys, then objects that lock readers out
/// while they are built.
LEAT_EXPORT void sort_to_build(std::vector<SecondaryObject>& objects);

/// Indexes and foreign keys of an ordinary table, except its primary key and the objects that it has from
/// partitioned tables above it. Ordered as they should be dropped. Needs an open transaction.
[[nodiscard]] LEAT_EXPORT std::vector<SecondaryObject> secondary_objects(Connection& connection,
                                                                         const TableInfo& table,
                                                                         const std::stop_token& stop);

/// While definitions are read back: names of pg_catalog come first, so that they mean what they meant when
/// they were written, then those of the session, for the functions that indexes call. Until the end of the
/// transaction or restore(), whichever comes first.
class LEAT_EXPORT DefinitionPath {
 public:
  DefinitionPath(Connection& connection, const std::stop_token& stop);
  void restore(const std::stop_token& stop);

 private:
  LocalSetting search_path_;
  LocalSetting tablespace_;
};

/// Runs build_sql, under a DefinitionPath.
LEAT_EXPORT void build(Connection& connection, const SecondaryObject& object, const std::stop_token& stop);
/// Runs finish_sql, under a DefinitionPath.
LEAT_EXPORT void finish(Connection& connection, const SecondaryObject& object, const std::stop_token& stop);

/// Whether the object exists again: of the same kind and table, with the same definition, and valid. Uses
/// only the oid and the name of the table. Needs an open transaction.
/// @throws Error (42P07, 42710) if something else has its name: for an index a relation of the schema, for a
/// constraint one of the table. `way_out` follows on the hint to rename that.
[[nodiscard]] LEAT_EXPORT bool is_there(Connection& connection, const TableInfo& table,
                                        const SecondaryObject& object, const std::string& way_out,
                                        const std::stop_token& stop);

}  // namespace leat::postgres_detail
