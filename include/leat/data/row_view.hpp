#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/codecs.hpp"
#include "leat/data/detail/tuple_index.hpp"
#include "leat/data/field.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// Checks that a tuple has as many fields as the schema, and that their lengths fill it exactly.
/// @throws Error (transform)
LEAT_EXPORT void check_row(std::span<const std::byte> row, const Schema& schema);

/// Reads the fields of a binary tuple in place. Types must match exactly: a bigint is read only as a
/// std::int64_t. Codec<T> documents the types that T reads. A field that may be NULL needs std::optional<T>.
///
///     const auto qty = schema.field<std::int32_t>("qty");   // once
///     for (const RowView row : batch) sum += row.get(qty);  // a few nanoseconds each
///     row.get<std::string_view>("name");                    // looks the name up on every call
///
/// get() throws Error (transform) that names the column, its type and T: if the types do not match, for a
/// NULL read as plain T, and for malformed bytes. Its where() is the row, counted from 1.
///
/// Neither copies nor allocates. The row and the schema must outlive the view, and also the string_views and
/// spans that it returns. One thread at a time, since reading remembers the positions of fields.
class LEAT_EXPORT RowView {
 public:
  /// `ordinal` is the row's position in its stream, counted from zero; it is used in messages.
  /// @throws Error (transform) if the schema is not binary, or if the tuple and the schema have different
  /// field counts.
  RowView(std::span<const std::byte> row, const Schema& schema, std::uint64_t ordinal = 0)
      : row_(row), schema_(&schema), ordinal_(ordinal), index_(schema.size()) {
    if (row.size() < sizeof(std::int16_t) || row.size() > UINT32_MAX ||
        detail::load<std::uint16_t>(row.data()) != schema.size() || schema.format() != RowFormat::binary)
        [[unlikely]] {
      fail_row();
    }
  }

  /// Number of fields.
  [[nodiscard]] std::size_t size() const noexcept { return schema_->size(); }
  [[nodiscard]] const Schema& schema() const noexcept { return *schema_; }
  /// The whole tuple.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return row_; }
  [[nodiscard]] std::uint64_t ordinal() const noexcept { return ordinal_; }

  /// The field as a T (or std::optional<T>).
  template <typename T>
  [[nodiscard]] T get(const Field<T>& field) const {
    using Value = typename detail::NullableTraits<T>::Value;
    const std::size_t i = field.index();
    if (i >= schema_->size() || (*schema_)[i].type != field.type()) [[unlikely]]
      return get(resolve<T>(i));  // says what does not fit
    const detail::FieldPlace place = locate(i);
    if (place.null) {
      if constexpr (detail::NullableTraits<T>::optional) {
        return std::nullopt;
      } else {
        fail_null(i, Codec<Value>::name());
      }
    }
    try {
      return Codec<Value>::decode(place.bytes, field.type());
    } catch (const Error& error) {
      fail_value(i, Codec<Value>::name(), error);
    }
  }
  template <NullableFieldType T>
  [[nodiscard]] T get(std::string_view name) const {
    return get(resolve<T>(name));
  }
  template <NullableFieldType T>
  [[nodiscard]] T get(std::size_t index) const {
    return get(resolve<T>(index));
  }

  [[nodiscard]] bool is_null(std::size_t index) const { return checked_place(index).null; }
  [[nodiscard]] bool is_null(std::string_view name) const { return is_null(index_of(name)); }

  /// The bytes of the field, whatever its type; nullopt for a NULL.
  [[nodiscard]] std::optional<std::span<const std::byte>> raw(std::size_t index) const {
    const detail::FieldPlace place = checked_place(index);
    if (place.null) return std::nullopt;
    return place.bytes;
  }
  [[nodiscard]] std::optional<std::span<const std::byte>> raw(std::string_view name) const {
    return raw(index_of(name));
  }

 private:
  friend class RowBuilder;

  template <class T, class Which>
  [[nodiscard]] Field<T> resolve(Which which) const {
    try {
      return schema_->field<T>(which);
    } catch (const Error& error) {
      fail_tuple(error);
    }
  }
  [[nodiscard]] std::size_t index_of(std::string_view name) const {
    try {
      return schema_->index_of(name);
    } catch (const Error& error) {
      fail_tuple(error);
    }
  }
  [[nodiscard]] detail::FieldPlace locate(std::size_t i) const {
    try {
      return index_.locate(row_, schema_->size(), i);
    } catch (const Error& error) {
      fail_tuple(error);
    }
  }
  [[nodiscard]] detail::FieldPlace checked_place(std::size_t i) const {
    if (i >= schema_->size()) [[unlikely]]
      fail_index(i);
    return locate(i);
  }
  [[noreturn]] void fail_row() const;
  [[noreturn]] void fail_index(std::size_t i) const;
  [[noreturn]] void fail_tuple(const Error& cause) const;
  [[noreturn]] void fail_null(std::size_t i, const std::string& cpp_type) const;
  [[noreturn]] void fail_value(std::size_t i, const std::string& cpp_type, const Error& cause) const;

  std::span<const std::byte> row_;
  const Schema* schema_;
  std::uint64_t ordinal_;
  mutable detail::TupleIndex index_;
};

inline RowView RowBatch::row(std::size_t i) const {
  return RowView(row_bytes(i), *schema_, first_row_ + i);
}
inline RowView RowBatch::Iterator::operator*() const {
  return batch_->row(row_);
}

}  // namespace leat
