#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat::jobs_detail {

// The record of what was dropped for loads that have not ended: a table in the target. Its rows are SQL that
// is run to bring things back, so it is only used where its owner could run that SQL anyway.
inline constexpr const char* record_table = "leat_meta.dropped_objects";

/// What is known of the record before it is used.
struct RecordFacts {
  bool exists = false;
  std::string owner{};
  bool may_read = false;   ///< by this role
  bool may_write = false;  ///< rows may be added and removed
  bool is_trusted = true;
};

/// `table` is the one that is to be loaded, or 0.
[[nodiscard]] RecordFacts look_at_record(Connection& connection, Oid table, const std::stop_token& stop);

/// One dropped object as the record has it.
struct RecordedObject {
  std::int64_t id = 0;
  Oid table_oid = 0;
  TableName table{};
  /// What the table is called today; nullopt where there is none of that oid.
  std::optional<TableName> table_now{};
  std::string dropped_at{};
  std::string dropped_by{};
  postgres_detail::SecondaryObject object{};
};

/// Whether this role may make the record that is missing.
[[nodiscard]] bool may_make_record(Connection& connection, const std::stop_token& stop);

/// Makes the record's schema and table where they are missing, in a transaction of its own.
void make_record(Connection& connection, const std::stop_token& stop);

/// Adds these objects of the table, which `load` will bring back.
void add_to_record(Connection& connection, const TableInfo& table, Connection& load,
                   std::span<const postgres_detail::SecondaryObject> objects, const std::stop_token& stop);

/// What the record has, of this table or of all (0), in the order in which it was dropped.
[[nodiscard]] std::vector<RecordedObject> read_record(Connection& connection, Oid table,
                                                      const std::stop_token& stop);

void remove_from_record(Connection& connection, std::span<const RecordedObject> objects,
                        const std::stop_token& stop);

/// The advisory lock of whoever has dropped a table's objects or brings them back: until the end of the
/// transaction. Waits for a moment, since the server takes one to end the session of a run that was killed,
/// and never longer than lock_timeout. False where another session still holds it.
[[nodiscard]] bool try_lock_rebuild(Connection& connection, Oid table, const std::stop_token& stop);
/// The same, and waits. @throws Error 55P03 after lock_timeout.
void lock_rebuild(Connection& connection, Oid table, const std::stop_token& stop);

/// The session that holds it.
struct RebuildSession {
  std::string text{};  ///< "session 42 (role, application)"; empty where there is none
  std::string pid{};

  /// What to do about it.
  [[nodiscard]] std::string hint() const;
};

[[nodiscard]] RebuildSession who_rebuilds(Connection& connection, Oid table, const std::stop_token& stop);

}  // namespace leat::jobs_detail
