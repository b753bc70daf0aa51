#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"

namespace leat::postgres_detail {

/// What a table has beside its rows and its primary key, and can do without for the time of a load.
enum class SecondaryKind {
  index,
  unique_constraint,
  exclusion_constraint,
  foreign_key,
};

/// "index", "unique constraint", "exclusion constraint" or "foreign key".
[[nodiscard]] std::string_view to_string(SecondaryKind kind);
/// @throws Error (target) for another text.
[[nodiscard]] SecondaryKind to_secondary_kind(std::string_view text);

/// One index or constraint, with the SQL that drops it and brings it back exactly as it was.
struct SecondaryObject {
  SecondaryKind kind = SecondaryKind::index;
  std::string name{};
  std::string drop_sql{};
  /// What takes its time: builds the index, or validates the foreign key.
  std::string build_sql{};
  /// What follows when everything is built: the constraint over its index, comments, statistics targets, the
  /// mark of CLUSTER.
  std::vector<std::string> finish_sql{};
  std::string tablespace{};    ///< of the index; empty: the database's own
  std::string references{};    ///< the table that a foreign key references, for people
  Oid referenced = 0;          ///< its oid
  std::string kept_because{};  ///< why it cannot be dropped; empty where it can

  [[nodiscard]] bool is_constraint() const { return kind != SecondaryKind::index; }
};

/// "index orders_customer"
[[nodiscard]] std::string display(const SecondaryObject& object);

/// What readers wait for least comes first: indexes, then foreign keys, then what locks readers out while it
/// is built.
void sort_to_build(std::vector<SecondaryObject>& objects);

/// Indexes and foreign keys of an ordinary table, without its primary key and what partitioned tables above
/// it gave it: those to drop first stand first. Needs an open transaction.
[[nodiscard]] std::vector<SecondaryObject> secondary_objects(Connection& connection, const TableInfo& table,
                                                             const std::stop_token& stop);

/// While definitions are read back: names of pg_catalog come first, so that they mean what they meant when
/// they were written, then those of the session, for the functions that indexes call. Until the end of the
/// transaction or restore(), whichever comes first.
class DefinitionPath {
 public:
  DefinitionPath(Connection& connection, const std::stop_token& stop);
  void restore(const std::stop_token& stop);

 private:
  LocalSetting search_path_;
  LocalSetting tablespace_;
};

/// Runs build_sql, under a DefinitionPath.
void build(Connection& connection, const SecondaryObject& object, const std::stop_token& stop);
/// Runs finish_sql, under a DefinitionPath.
void finish(Connection& connection, const SecondaryObject& object, const std::stop_token& stop);

/// Who bears the name that an object would be made under.
struct NameUse {
  bool is_taken = false;
  /// By the same kind of object, of the same table and with the same definition, and at work.
  bool is_itself = false;
  std::string description{};  ///< of what bears it

  [[nodiscard]] bool is_of_another() const { return is_taken && !is_itself; }
};

/// Looks for what keeps the object from being made under its name: relations of the schema stand in the way
/// of an index, constraints of the table in that of a constraint. Of the table its oid and name are used.
/// Needs an open transaction.
[[nodiscard]] NameUse find_name(Connection& connection, const TableInfo& table, const SecondaryObject& object,
                                const std::stop_token& stop);

}  // namespace leat::postgres_detail
