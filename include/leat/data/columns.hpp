#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace leat {

/// Which columns a C++ type has: the customization point by which its values become rows, and rows become
/// its values. Specialise it, with pairs of a column's name and a member:
///
///     template <> struct leat::Columns<Order> {
///       static constexpr auto list = leat::columns_of("id", &Order::id, "total", &Order::total);
///     };
///
/// Instead of a member there may be a function of the value, for a column that is computed:
/// `"domain", [](const Order& order) { return domain_of(order.mail); }`. Such a type can be written, and not
/// be read. std::tuple, std::pair and std::array need no description: their columns are named elsewhere.
template <class T>
struct Columns;

/// One column of a type: its name, and by what it is read of a value (see std::invoke).
template <class Get>
struct ColumnMember {
  std::string_view name;
  Get get;
};

/// The list of Columns: names and members by turns.
template <class Get>
[[nodiscard]] constexpr auto columns_of(std::string_view name, Get get) {
  return std::tuple(ColumnMember<Get>{name, std::move(get)});
}
template <class Get, class... Rest>
[[nodiscard]] constexpr auto columns_of(std::string_view name, Get get, Rest... rest) {
  static_assert(sizeof...(Rest) % 2 == 0, "columns_of() takes pairs: a column's name, then a member");
  return std::tuple_cat(columns_of(name, std::move(get)), columns_of(std::move(rest)...));
}

/// A type that is described by Columns.
template <class T>
concept HasColumns = requires {
  Columns<T>::list;
};

/// A type whose fields std::get reads.
template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
};

/// A type whose values can be written as rows, or read from rows.
template <class T>
concept RowValue = HasColumns<T> || TupleLike<T>;

namespace detail {

template <class T>
[[nodiscard]] constexpr std::size_t field_count() {
  if constexpr (HasColumns<T>) {
    return std::tuple_size_v<std::remove_cvref_t<decltype(Columns<T>::list)>>;
  } else {
    return std::tuple_size_v<T>;
  }
}

/// Field `i` of a value.
template <std::size_t i, class T>
[[nodiscard]] constexpr decltype(auto) field_of(const T& value) {
  if constexpr (HasColumns<T>) {
    return std::invoke(std::get<i>(Columns<T>::list).get, value);
  } else {
    return std::get<i>(value);
  }
}
/// The same to assign to it; only for members.
template <std::size_t i, class T>
[[nodiscard]] constexpr auto& mutable_field_of(T& value) {
  if constexpr (HasColumns<T>) {
    using Get = std::remove_cvref_t<decltype(std::get<i>(Columns<T>::list).get)>;
    static_assert(std::is_member_object_pointer_v<Get>,
                  "a column that is computed can be written, and not be read: use a member of the type");
    return std::invoke(std::get<i>(Columns<T>::list).get, value);
  } else {
    return std::get<i>(value);
  }
}

template <std::size_t i, class T>
using FieldOf = std::remove_cvref_t<decltype(field_of<i>(std::declval<const T&>()))>;

}  // namespace detail
}  // namespace leat
