#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// How far the incremental loads of one name have come: a row of leat_meta.watermarks in the target, which is
/// written in the transaction that loads the rows.
struct Watermark {
  std::string name{};    ///< 1 to 200 characters
  std::string table{};   ///< the table that is loaded; "" if that is not known yet
  std::string column{};  ///< of the source; "" if that is not known yet
  /// The column's type as SQL. "" if that is not known yet: of a watermark that somebody has set.
  std::string type{};
  std::string value{};  ///< the largest value that is loaded, as the source prints it
  /// Every transaction of the source with a smaller number had ended when the last load read; nullopt if that
  /// is not known.
  std::optional<std::int64_t> horizon{};
  std::string source{};      ///< the server and the database in which that number means something
  std::int64_t rows = 0;     ///< that loads have brought since it was set
  std::int64_t version = 0;  ///< another one after each change
  std::string changed_at{};  ///< as the target's server prints it

  friend bool operator==(const Watermark&, const Watermark&) = default;
};

/// Throws what keeps this role from using watermarks, and changes nothing. Returns whether their table is
/// there. Whoever owns it can make others run SQL, by a trigger, so it is used only if its owner is a
/// superuser, the owner of the database, the owner of `table` (0: none) or this role.
/// @throws Error (target): 42501, with what to grant; 0A000 if a newer leat has made it.
[[nodiscard]] LEAT_EXPORT bool check_watermarks(Connection& connection, Oid table, std::stop_token stop = {});

/// Makes their table if it is missing, in a transaction of its own. Several sessions may call it at the same
/// time. @throws what check_watermarks() throws.
LEAT_EXPORT void make_watermarks(Connection& connection, Oid table, std::stop_token stop = {});

/// All of them, by name; none if their table is missing.
[[nodiscard]] LEAT_EXPORT std::vector<Watermark> read_watermarks(Connection& connection,
                                                                 std::stop_token stop = {});
/// nullopt if there is none of that name. @throws what check_watermarks() throws of a table that is there.
[[nodiscard]] LEAT_EXPORT std::optional<Watermark> read_watermark(Connection& connection,
                                                                  const std::string& name, Oid table = 0,
                                                                  std::stop_token stop = {});

/// Stores a watermark in the open transaction of the session. `watermark.version` is the one that was read, 0
/// if there was none. @throws Error (target, 55000) if somebody has changed it since.
LEAT_EXPORT void move_watermark(Connection& connection, const Watermark& watermark,
                                std::stop_token stop = {});

/// Sets a value, whatever was there. Table, column and type are those of the next load. Makes the table if it
/// is missing.
LEAT_EXPORT Watermark set_watermark(Connection& connection, const std::string& name, const std::string& value,
                                    std::stop_token stop = {});

/// Removes it, and returns it as it was; nullopt if there was none.
LEAT_EXPORT std::optional<Watermark> remove_watermark(Connection& connection, const std::string& name,
                                                      std::stop_token stop = {});

}  // namespace leat
