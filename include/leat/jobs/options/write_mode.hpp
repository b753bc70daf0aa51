#pragma once

#include <optional>
#include <string_view>

namespace leat {

/// How rows get into the target, and what becomes of those that it has. docs/modes.md compares them. Every
/// mode is atomic: it is one transaction, and on any failure the old rows stand.
///
/// A key tells which row of the target a row of the source is: the option `key`, or the primary key.
enum class WriteMode {
  /// The old rows go by TRUNCATE and the new ones come. Readers wait from the first row to the commit.
  replace,
  /// The old rows stay, and the new ones come beside them.
  append,
  /// Like replace, but readers never wait: rows are collected beside the table, and at the end the old ones
  /// are deleted and the new ones inserted, while writers wait.
  swap,
  /// Rows whose key is in the target are updated where they differ, the others inserted. Columns that are not
  /// sent keep their values. Deletes nothing.
  upsert,
  /// Rows whose key is in the target are left out, the others inserted.
  insert_missing,
  /// All rows of the target whose key comes are deleted, and all that come are inserted. The key need not be
  /// unique.
  delete_insert,
  /// Like upsert; then rows of the target whose key did not come are deleted.
  sync,
};

/// "replace", "append", "swap", "upsert", "insert-missing", "delete-insert" or "sync".
[[nodiscard]] std::string_view to_string(WriteMode mode);

/// The mode of that name; nullopt where there is none.
[[nodiscard]] std::optional<WriteMode> parse_write_mode(std::string_view name);

/// Whether rows of the source are matched with those of the target by a key.
[[nodiscard]] constexpr bool uses_key(WriteMode mode) {
  return mode == WriteMode::upsert || mode == WriteMode::insert_missing || mode == WriteMode::delete_insert ||
         mode == WriteMode::sync;
}

/// Whether rows are collected in a temporary table before they get into the target.
[[nodiscard]] constexpr bool is_staged(WriteMode mode) {
  return mode == WriteMode::swap || uses_key(mode);
}

}  // namespace leat
