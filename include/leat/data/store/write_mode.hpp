#pragma once

#include <optional>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// How rows get into a target, and what happens to its old rows. docs/modes.md compares the modes. Every mode
/// is atomic in a store that has transactions: after any failure the old rows are still there.
///
/// A key decides which row of the target belongs to a row of the source. It is the option `key`, or the
/// target's primary key.
enum class WriteMode {
  /// The old rows are removed (in SQL: by TRUNCATE), and the new rows are loaded. Readers wait from the first
  /// row to the commit.
  replace,
  /// The old rows stay, and the new rows are added.
  append,
  /// As replace, but readers never wait. Rows are first collected beside the table. At the end the old rows
  /// are deleted and the new rows inserted; only then do writers wait.
  swap,
  /// Rows whose key is in the target are updated if they differ; the other rows are inserted. Columns that
  /// are not sent keep their values. No row is deleted.
  upsert,
  /// Rows whose key is in the target are left out; the other rows are inserted.
  insert_missing,
  /// All rows of the target whose key is in the new rows are deleted, and then all new rows are inserted. The
  /// key need not be unique.
  delete_insert,
  /// As upsert; then all rows of the target whose key is not in the new rows are deleted.
  sync,
};

/// "replace", "append", "swap", "upsert", "insert-missing", "delete-insert" or "sync".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(WriteMode mode);

/// The mode of that name; nullopt if there is no such mode.
[[nodiscard]] LEAT_EXPORT std::optional<WriteMode> parse_write_mode(std::string_view name);

/// True if the mode matches rows of the source with rows of the target by a key.
[[nodiscard]] constexpr bool uses_key(WriteMode mode) {
  return mode == WriteMode::upsert || mode == WriteMode::insert_missing || mode == WriteMode::delete_insert ||
         mode == WriteMode::sync;
}

/// True if the mode collects rows in a temporary table before they get into the target.
[[nodiscard]] constexpr bool is_staged(WriteMode mode) {
  return mode == WriteMode::swap || uses_key(mode);
}

}  // namespace leat
