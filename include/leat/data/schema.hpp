#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// PostgreSQL's object identifier of a type. Zero means "not known".
using Oid = std::uint32_t;

/// How the bytes of a row are written.
enum class RowFormat {
  binary,  ///< the tuples of COPY (FORMAT binary); RowView reads them
  text,    ///< lines of COPY's text format, each with its '\n'; they pass through unread
};

/// One column of a result or table.
struct Column {
  std::string name;
  Oid type = 0;
  /// The type's modifier as in pg_attribute.atttypmod. -1 means none.
  std::int32_t typmod = -1;
  /// As the catalog has it. Not enforced here; the target enforces it.
  bool nullable = true;
  /// As format_type() prints it ("numeric(12,2)"), for messages. If it is empty, messages use the type's oid.
  std::string type_name{};
};

template <typename T>
class Field;  // needs #include <leat/data/field.hpp>

/// The columns of a stream of rows, in order. Immutable; thread-safe. Two columns may share a name.
class LEAT_EXPORT Schema {
 public:
  /// `key`: positions of the columns that tell rows apart, as far as known.
  explicit Schema(std::vector<Column> columns, RowFormat format = RowFormat::binary,
                  std::vector<std::size_t> key = {});

  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }
  [[nodiscard]] bool empty() const noexcept { return columns_.empty(); }
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }
  /// `i` must be less than size().
  [[nodiscard]] const Column& operator[](std::size_t i) const noexcept { return columns_[i]; }
  [[nodiscard]] RowFormat format() const noexcept { return format_; }
  /// Positions of the columns that tell rows apart; empty if that is not known. Messages tell their values.
  [[nodiscard]] const std::vector<std::size_t>& key() const noexcept { return key_; }

  /// The first column of that name (exact, case-sensitive); nullopt if there is none.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const noexcept;

  /// The column of that name.
  /// @throws Error (transform) that names the column: it lists the existing columns, or says that the name is
  /// ambiguous.
  [[nodiscard]] std::size_t index_of(std::string_view name) const;

  /// A handle that reads and writes column `name` as a T without another lookup. Get it once, and use it for
  /// every row. Defined in field.hpp, which row_view.hpp and row_builder.hpp include.
  /// @throws Error (transform) if there is no such column, or if T does not fit its type.
  template <typename T>
  [[nodiscard]] Field<T> field(std::string_view name) const;

  /// The same by position.
  template <typename T>
  [[nodiscard]] Field<T> field(std::size_t index) const;

 private:
  /// A position in by_name_; its end if there is no such column.
  [[nodiscard]] std::vector<std::uint32_t>::const_iterator first_of(std::string_view name) const noexcept;

  std::vector<Column> columns_;
  std::vector<std::uint32_t> by_name_;  // positions, ordered by name and then by position
  RowFormat format_;
  std::vector<std::size_t> key_;
};

/// Whether both have columns of the same names and types, in the same order and format.
[[nodiscard]] LEAT_EXPORT bool have_same_columns(const Schema& a, const Schema& b) noexcept;

/// The name of a column in messages: `"qty" (integer)`. If the name of the type is not known, its oid is
/// used.
[[nodiscard]] LEAT_EXPORT std::string describe(const Column& column);

}  // namespace leat
