#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/schema.hpp"

namespace leat {

namespace detail {

/// The hint for a C++ type that does not fit: which ones do.
[[nodiscard]] LEAT_EXPORT std::string field_type_hint(const Column& column);
/// @throws Error (transform): the C++ type does not accept the column's type.
[[noreturn]] LEAT_EXPORT void fail_field_type(const Column& column, const std::string& cpp_type);
/// @throws Error (transform): there is no column at `index`.
[[noreturn]] LEAT_EXPORT void fail_field_index(const Schema& schema, std::size_t index);

}  // namespace detail

/// A column that was looked up once. It holds the column's position, and guarantees that T (a FieldType or
/// std::optional of one) fits the column's type. Made by Schema::field(). A value; thread-safe. It can be
/// used for rows of every schema that has a column of the same type in the same position.
template <typename T>
class Field {
  static_assert(NullableFieldType<T>, "there is no leat::Codec for this type");

 public:
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] Oid type() const noexcept { return type_; }

 private:
  friend class Schema;
  Field(std::size_t index, Oid type) noexcept : index_(index), type_(type) {}

  std::size_t index_;
  Oid type_;
};

template <typename T>
Field<T> Schema::field(std::size_t index) const {
  using FieldCodec = Codec<typename detail::NullableTraits<T>::Value>;
  if (index >= size()) detail::fail_field_index(*this, index);
  const Column& column = columns_[index];
  if (!FieldCodec::accepts(column.type)) detail::fail_field_type(column, FieldCodec::name());
  return Field<T>(index, column.type);
}

template <typename T>
Field<T> Schema::field(std::string_view name) const {
  return field<T>(index_of(name));
}

}  // namespace leat
