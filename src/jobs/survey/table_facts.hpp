#pragma once

#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/store/finding.hpp"
#include "leat/postgres/catalog/table_manager.hpp"
#include "leat/postgres/session/detail/questions.hpp"

namespace leat::jobs_detail {

/// A lock that somebody holds on a table.
struct HeldLock {
  std::string pid{};     ///< of the session that holds it; empty of a prepared transaction
  std::string mode{};    ///< as pg_locks has it
  std::string holder{};  ///< "session 42 (role, application) holds ExclusiveLock", or what was prepared does
};

/// Statements that triggers fire on, as pg_trigger.tgtype has them.
enum TriggerEvent : unsigned {
  on_insert = 4,
  on_delete = 8,
  on_update = 16,
  on_truncate = 32,
};

/// A trigger of a table.
struct TableTrigger {
  std::string name{};  ///< quoted where SQL needs it
  unsigned events = 0;
  bool fires = true;              ///< as sessions are
  bool fires_in_replicas = true;  ///< with session_replication_role = replica

  friend bool operator==(const TableTrigger&, const TableTrigger&) = default;
};

/// A table that inherits from another one, or from such a one.
struct InheritingTable {
  TableName name{};
  Oid oid = 0;
  std::string more_columns{};  ///< that the other one lacks, quoted where SQL needs it; empty for none
  ByteCount size{};
};

/// What a server says of one table before the first row.
struct TableFacts {
  TableName asked{};
  /// Nullopt where it is missing, may not be looked at, or is locked for longer than lock_timeout;
  /// `obstacle` tells.
  std::optional<TableInfo> info{};
  std::optional<Finding> obstacle{};
  std::vector<HeldLock> locks{};  ///< of other sessions
  bool row_security = false;      ///< holds for this role
  /// Columns that this role may not use.
  std::vector<std::string> not_readable{};
  std::vector<std::string> not_insertable{};
  std::vector<std::string> not_updatable{};
  bool is_populated = true;   ///< false for a materialized view WITH NO DATA
  bool takes_inserts = true;  ///< by itself, or by triggers or rules
  bool may_truncate = true;
  bool may_delete = true;
  bool may_lock = true;                  ///< keep other writers out
  std::vector<TableTrigger> triggers{};  ///< of the user's own, by name; of partitions too
  /// Names, with commas; empty for none.
  std::string insert_rules{};
  std::string write_rules{};  ///< on INSERT, UPDATE or DELETE
  std::string delete_rules{};
  std::string foreign_keys{};
  bool references_itself = false;             ///< or a partition another one, by a foreign key
  bool changes_itself = false;                ///< by one with an ON DELETE action
  std::string not_valid{};                    ///< constraints that older rows may break
  std::vector<ReferencingKey> referencing{};  ///< keys of tables that are not emptied along with it
  std::vector<ReferencingKey> joined{};       ///< keys of tables that are loaded along with it
  bool empties_by_delete = false;             ///< else by TRUNCATE, which no key may reference
  bool may_be_published = false;              ///< the database publishes updates or deletes of some table
  std::vector<OwnedSequence> sequences{};
  ByteCount out_of_line{};                    ///< what wide values take (TOAST); known of sources only
  std::vector<InheritingTable> inheriting{};  ///< none of a partitioned table

  /// "a, b" of the triggers that fire on any of these events; empty for none.
  [[nodiscard]] std::string triggers_on(unsigned on_any, bool in_replicas) const;

  /// Whether triggers and rules, and with `keys` foreign keys that reference the table, its own too, are by
  /// now what they were.
  [[nodiscard]] bool has_same_effects(const TableFacts& later, bool keys) const;

  /// It is emptied together with these tables, so that their keys do not count.
  void empty_along_with(std::span<const Oid> tables);
};

/// Has TableFacts::out_of_line filled in. Waits for whoever has locked the tables.
void ask_out_of_line(postgres_detail::Questions& questions, std::span<const Oid> oids,
                     const std::map<Oid, TableFacts*>& tables);

/// Has what is known of tables by their oids filled in, by as many statements as for one.
void ask_facts(postgres_detail::Questions& questions, std::span<const Oid> oids,
               const std::map<Oid, TableFacts*>& tables);

}  // namespace leat::jobs_detail
