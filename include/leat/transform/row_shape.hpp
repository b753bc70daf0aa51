#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/schema.hpp"

namespace leat {

namespace jobs_detail {

/// The built-in type that a codec reads and writes; of several the one that is most usual in tables.
/// @throws Error (config) that names the C++ type, if there is none.
[[nodiscard]] LEAT_EXPORT Oid usual_type(bool (*accepts)(Oid), const std::string& cpp_type);

}  // namespace jobs_detail

/// A column of rows that a hook writes, of the type that is usual for a C++ type:
/// `column_of<std::int64_t>("id")` is a bigint. It is NOT NULL unless T is a std::optional, if the job makes
/// the table.
/// @throws Error (config) if no built-in type holds a T.
template <NullableFieldType T>
[[nodiscard]] Column column_of(std::string name) {
  using Traits = detail::NullableTraits<T>;
  using FieldCodec = Codec<typename Traits::Value>;
  return {.name = std::move(name),
          .type = jobs_detail::usual_type(&FieldCodec::accepts, FieldCodec::name()),
          .nullable = Traits::optional};
}

/// A table beside the target, into which a hook writes rows, too.
struct BesideShape {
  std::string table;  ///< of the target's database: "audit" or "log.audit"
  std::vector<Column> columns{};
};

/// What a row hook writes, declared before the first row (Transform::shaped): the columns of its rows, and
/// tables beside. Of a column name and type are needed; built-in types have their numbers in namespace oid.
/// A plain value.
///
///     RowShape::of(columns).without("email").with(column_of<std::string>("email_hash"))
struct LEAT_EXPORT RowShape {
  std::vector<Column> columns{};
  std::vector<BesideShape> beside{};

  /// All columns of the rows that are read, as they are.
  [[nodiscard]] static RowShape of(const Schema& input) { return {.columns = input.columns()}; }

  // The same shape, in which nothing but this differs.

  /// With that column: in place of the one of its name, else behind the others.
  [[nodiscard]] RowShape with(Column column) const;
  /// @throws Error (config) if there is no such column.
  [[nodiscard]] RowShape without(std::string_view name) const;
  /// @throws Error (config) if there is no such column.
  [[nodiscard]] RowShape renamed(std::string_view name, std::string to) const;
  /// With one table beside more.
  [[nodiscard]] RowShape with_beside(std::string table, std::vector<Column> of_table) const;
};

}  // namespace leat
