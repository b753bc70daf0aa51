#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat::jobs_detail {

// The record of objects that were dropped for loads which have not ended: a table in the target. Its rows are
// SQL that is run to restore the objects. So the record is used only if its owner could run that SQL anyway.
inline constexpr const char* record_table = "leat_meta.dropped_objects";

/// The state of the record, before it is used.
struct RecordFacts {
  bool exists = false;
  std::string owner{};
  bool may_read = false;   ///< by this role
  bool may_write = false;  ///< rows may be added and removed
  bool is_trusted = true;
};

/// `table` is the table to load, or 0.
[[nodiscard]] LEAT_EXPORT RecordFacts look_at_record(Connection& connection, Oid table,
                                                     const std::stop_token& stop);

/// One dropped object in the record.
struct RecordedObject {
  std::int64_t id = 0;
  Oid table_oid = 0;
  TableName table{};
  /// The present name of the table; nullopt if no table has that oid.
  std::optional<TableName> table_now{};
  postgres_detail::SecondaryObject object{};
};

/// Creates the record's schema and table if they are missing, in a transaction of its own.
LEAT_EXPORT void make_record(Connection& connection, const std::stop_token& stop);

/// Adds these objects of the table; `load` will restore them.
LEAT_EXPORT void add_to_record(Connection& connection, const TableInfo& table, Connection& load,
                               std::span<const postgres_detail::SecondaryObject> objects,
                               const std::stop_token& stop);

/// The objects in the record, of this table or of all tables (0), in the order in which they were dropped.
[[nodiscard]] LEAT_EXPORT std::vector<RecordedObject> read_record(Connection& connection, Oid table,
                                                                  const std::stop_token& stop);

LEAT_EXPORT void remove_from_record(Connection& connection, std::span<const RecordedObject> objects,
                                    const std::stop_token& stop);

/// The advisory lock of a session that has dropped a table's objects or restores them, until the end of the
/// transaction. Waits for a moment, since the server needs one to end the session of a run that was killed,
/// but never longer than lock_timeout. False if another session still holds it.
[[nodiscard]] LEAT_EXPORT bool try_lock_rebuild(Connection& connection, Oid table,
                                                const std::stop_token& stop);
/// The same, and waits. @throws Error 55P03 after lock_timeout.
LEAT_EXPORT void lock_rebuild(Connection& connection, Oid table, const std::stop_token& stop);

/// The session that holds the lock.
struct LEAT_EXPORT RebuildSession {
  std::string text{};  ///< "session 42 (role, application)"; empty where there is none
  std::string pid{};

  /// A hint what to do about it.
  [[nodiscard]] std::string hint() const;
};

[[nodiscard]] LEAT_EXPORT RebuildSession who_rebuilds(Connection& connection, Oid table,
                                                      const std::stop_token& stop);

}  // namespace leat::jobs_detail
