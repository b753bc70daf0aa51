#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "leat/data/columns.hpp"
#include "leat/data/field.hpp"
#include "leat/data/row_view.hpp"
#include "leat/data/schema.hpp"

namespace leat {
namespace detail {

/// A type as which field `i` of T is read.
template <std::size_t i, class T>
using ReadFieldOf = std::remove_cvref_t<decltype(mutable_field_of<i>(std::declval<T&>()))>;

/// Always true. What does not compile shows a compiler's user the row type, the number of its field, counted
/// from 0, and the field's type.
template <class Row, std::size_t field, class Type>
constexpr bool is_readable() {
  static_assert(NullableFieldType<Type>,
                "no column is read as this type of a field, since it has no leat::Codec: use another type "
                "(std::optional<T> for what may be NULL), or specialise leat::Codec for it");
  return true;
}
template <class T>
constexpr bool all_readable() {
  return []<std::size_t... i>(std::index_sequence<i...> /*fields*/) {
    return (is_readable<T, i, ReadFieldOf<i, T>>() && ...);
  }
  (std::make_index_sequence<field_count<T>()>());
}

}  // namespace detail

/// Reads rows of one schema as values of T. Fields are found once, when it is made: those of Columns by their
/// names, those of a tuple by their positions. A field that may be NULL is a std::optional. T must not borrow
/// from the row (std::string, not std::string_view). Thread-safe.
template <RowValue T>
class RowDecoder {
  static constexpr std::size_t size = detail::field_count<T>();

 public:
  /// @throws Error (transform) that names the column if the schema lacks one, or if it has another type.
  explicit RowDecoder(const Schema& schema) : fields_(find(schema, std::make_index_sequence<size>())) {}

  /// @throws Error (transform) that names row and column, for a NULL in a field that is no std::optional.
  [[nodiscard]] T operator()(const RowView& row) const {
    T value{};
    read(row, value, std::make_index_sequence<size>());
    return value;
  }

 private:
  static_assert(detail::all_readable<T>());

  template <std::size_t i>
  using Value = detail::ReadFieldOf<i, T>;

  template <class V>
  static constexpr bool borrows =
      std::is_same_v<typename detail::NullableTraits<V>::Value, std::string_view> ||
      std::is_same_v<typename detail::NullableTraits<V>::Value, std::span<const std::byte>>;

  template <std::size_t i>
  [[nodiscard]] static Field<Value<i>> find_one(const Schema& schema) {
    static_assert(!borrows<Value<i>>, "a value that is read from a row must not borrow from it");
    if constexpr (HasColumns<T>) {
      return schema.field<Value<i>>(std::get<i>(Columns<T>::list).name);
    } else {
      return schema.field<Value<i>>(i);
    }
  }
  template <std::size_t... i>
  [[nodiscard]] static auto find(const Schema& schema, std::index_sequence<i...> /*fields*/) {
    return std::tuple(find_one<i>(schema)...);
  }
  template <std::size_t... i>
  void read(const RowView& row, T& value, std::index_sequence<i...> /*fields*/) const {
    ((detail::mutable_field_of<i>(value) = row.get(std::get<i>(fields_))), ...);
  }

  // Constant after construction
  decltype(find(std::declval<const Schema&>(), std::make_index_sequence<size>())) fields_;
};

}  // namespace leat
