#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"
#include "leat/data/codecs.hpp"
#include "leat/data/columns.hpp"
#include "leat/data/detail/copy_text.hpp"
#include "leat/data/detail/write_field.hpp"
#include "leat/data/field.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/schema.hpp"

namespace leat {
namespace detail {

/// Always true. What does not compile shows a compiler's user the row type, the number of its field, counted
/// from 0, and the field's type.
template <class Row, std::size_t field, class Type>
constexpr bool is_writable() {
  static_assert(Writable<Type>,
                "no column takes this type of a field, since it has no leat::Codec: use another type, "
                "or specialise leat::Codec for it");
  return true;
}
template <class T>
constexpr bool all_writable() {
  return []<std::size_t... i>(std::index_sequence<i...> /*fields*/) {
    return (is_writable<T, i, FieldOf<i, T>>() && ...);
  }
  (std::make_index_sequence<field_count<T>()>());
}

}  // namespace detail

/// Appends values of T as rows to batches of one schema, field by field in the schema's order. The types are
/// compared once, when it is made. Nothing allocates for a row once the batch's buffers have grown.
///
/// One thread at a time; copies are independent.
template <RowValue T>
class RowEncoder {
  static constexpr std::size_t size = detail::field_count<T>();
  static_assert(detail::all_writable<T>());

 public:
  /// @throws Error (config) that names the column and both types if T does not fit the schema, or if one of
  /// T's columns has another name.
  explicit RowEncoder(std::shared_ptr<const Schema> schema) : schema_(std::move(schema)) {
    check_size();
    check(std::make_index_sequence<size>());
    all_copied_ = std::find(copies_.begin(), copies_.end(), false) == copies_.end();
  }

  /// Appends a row. `batch` has the encoder's schema. If a value does not fit its column, the batch is as
  /// before. @throws Error (transform) that names the column and the C++ type.
  void append(const T& value, RowBatch& batch) const {
    detail::ByteBuffer& buffer = batch.buffer_;
    try {
      constexpr auto all = std::make_index_sequence<size>();
      if constexpr (all_plain(all)) {
        if (all_copied_) {
          fields<true>(value, buffer, all);
          batch.commit();
          return;
        }
      }
      fields<false>(value, buffer, all);
      batch.commit();
    } catch (...) {
      buffer.truncate(batch.bytes());
      throw;
    }
  }

  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const noexcept { return schema_; }

 private:
  void check_size() const {
    if (schema_->format() != RowFormat::binary) {
      throw Error(ErrorKind::config, "values cannot be written as rows in text format");
    }
    if (schema_->size() == size) return;
    throw Error(ErrorKind::config, "a value has " + detail::counted(size, "field") + ", and a row " +
                                       detail::counted(schema_->size(), "column"));
  }

  template <std::size_t... i>
  void check(std::index_sequence<i...> /*fields*/) {
    (check_field<i>(), ...);
  }
  template <std::size_t i>
  void check_field() {
    using Value = detail::FieldOf<i, T>;
    const Column& column = (*schema_)[i];
    if constexpr (HasColumns<T>) {
      const std::string_view name = std::get<i>(Columns<T>::list).name;
      if (name != column.name) {
        throw Error(ErrorKind::config, "field " + std::to_string(i + 1) + " of a value is \"" +
                                           std::string(name) + "\", and of a row " + describe(column));
      }
    }
    if (!takes<Value>(column.type)) {
      throw Error(ErrorKind::config, "column " + describe(column) + " does not take a " + name_of<Value>(),
                  {.hint = detail::field_type_hint(column), .column = column.name});
    }
    if constexpr (is_plain<Value>) {
      copies_[i] = copies_into<typename detail::NullableTraits<Value>::Value>(column.type);
    }
  }

  template <class Value>
  [[nodiscard]] static bool takes(Oid type) {
    using Plain = typename detail::NullableTraits<Value>::Value;
    if constexpr (std::is_same_v<Value, std::nullopt_t>) {
      return true;
    } else if constexpr (detail::Integer<Plain>) {
      if (type == oid::int2 || type == oid::int4 || type == oid::int8) return true;
      if constexpr (FieldType<Plain>) return Codec<Plain>::accepts(type);
      return false;
    } else if constexpr (FieldType<Plain>) {
      return Codec<Plain>::accepts(type);
    } else {
      return Codec<std::string_view>::accepts(type);
    }
  }
  template <class Value>
  [[nodiscard]] static std::string name_of() {
    using Plain = typename detail::NullableTraits<Value>::Value;
    if constexpr (FieldType<Plain>) {
      return Codec<Plain>::name();
    } else if constexpr (detail::Integer<Plain>) {
      return "(C++) integer";
    } else {
      return Codec<std::string_view>::name();
    }
  }

  // What is written by a plain copy, so that the room for all such fields of a row is made at once.

  template <class Value>
  static constexpr bool is_fixed =
      std::is_same_v<Value, std::int16_t> || std::is_same_v<Value, std::int32_t> ||
      std::is_same_v<Value, std::int64_t> || std::is_same_v<Value, float> || std::is_same_v<Value, double> ||
      std::is_same_v<Value, bool>;
  template <class Value>
  static constexpr bool is_text =
      std::is_same_v<Value, std::string> || std::is_same_v<Value, std::string_view>;
  template <class Value>
  static constexpr bool is_plain = is_fixed<typename detail::NullableTraits<Value>::Value> ||
                                   is_text<typename detail::NullableTraits<Value>::Value>;

  template <std::size_t... i>
  [[nodiscard]] static constexpr bool all_plain(std::index_sequence<i...> /*fields*/) {
    return (is_plain<detail::FieldOf<i, T>> && ...);
  }

  /// Whether a value of that type is copied into a column of this type as it is.
  template <class Value>
  [[nodiscard]] static bool copies_into(Oid type) {
    if constexpr (is_fixed<Value>) {
      return Codec<Value>::accepts(type);
    } else {
      return type == oid::text || type == oid::varchar || type == oid::bpchar;
    }
  }

  /// The most bytes of a plain field.
  template <class Value>
  [[nodiscard]] static std::size_t bound(const Value& value) noexcept {
    if constexpr (!is_plain<Value>) {
      return 0;
    } else if constexpr (detail::NullableTraits<Value>::optional) {
      return value ? bound(*value) : sizeof(std::int32_t);
    } else if constexpr (is_text<Value>) {
      return sizeof(std::int32_t) + value.size();
    } else {
      return sizeof(std::int32_t) + sizeof(Value);
    }
  }

  /// The end of a row that is being written: `next` is in the buffer, with room for `left` bytes behind it.
  struct Pen {
    detail::ByteBuffer& buffer;
    std::byte* next;
    std::size_t left;

    template <class Number>
    void number(Number value) noexcept {
      detail::store<Number>(next, value);
      next += sizeof(Number);
    }
    /// The buffer ends where the row does.
    void cut() noexcept { buffer.truncate(static_cast<std::size_t>(next - buffer.data())); }
  };

  template <bool all_copied, std::size_t... i>
  [[gnu::always_inline]] void fields(const T& value, detail::ByteBuffer& buffer,
                                     std::index_sequence<i...> /*fields*/) const {
    if constexpr ((std::is_reference_v<decltype(detail::field_of<i>(value))> && ...)) {
      write<all_copied>(buffer, detail::field_of<i>(value)...);
    } else {
      // Once each: what is computed may be another value the second time.
      const std::tuple<decltype(detail::field_of<i>(value))...> values(detail::field_of<i>(value)...);
      write<all_copied>(buffer, std::get<i>(values)...);
    }
  }

  template <bool all_copied, class... Values>
  [[gnu::always_inline]] void write(detail::ByteBuffer& buffer, const Values&... values) const {
    const std::size_t room = (std::size_t{0} + ... + bound(values));
    Pen pen{buffer, buffer.extend(sizeof(std::int16_t) + room), room};
    pen.number(static_cast<std::int16_t>(size));
    std::size_t i = 0;
    (field<all_copied>(i++, values, pen), ...);
    pen.cut();
  }

  template <bool all_copied, class Value>
  [[gnu::always_inline]] void field(std::size_t i, const Value& value, Pen& pen) const {
    if constexpr (all_copied) {
      copy(i, value, pen);
    } else {
      if constexpr (is_plain<Value>) {
        pen.left -= bound(value);
        if (copies_[i]) return copy(i, value, pen);
      }
      convert(i, value, pen);
    }
  }

  template <class Value>
  void convert(std::size_t i, const Value& value, Pen& pen) const {
    pen.cut();
    FieldWriter out(pen.buffer);
    detail::write_field((*schema_)[i], value, out);
    pen.next = pen.buffer.extend(pen.left);
  }

  template <class Value>
  [[gnu::always_inline]] void copy(std::size_t i, const Value& value, Pen& pen) const {
    if constexpr (detail::NullableTraits<Value>::optional) {
      if (value) {
        copy(i, *value, pen);
      } else {
        pen.number(std::int32_t{-1});
      }
    } else if constexpr (is_text<Value>) {
      if (value.size() > FieldWriter::max_value_bytes) FieldWriter::fail_size(value.size());
      pen.number(static_cast<std::int32_t>(value.size()));
      if (!detail::copy_text(pen.next, value)) [[unlikely]]
        refuse(i, value);
      pen.next += value.size();
    } else {
      pen.number(static_cast<std::int32_t>(sizeof(Value)));
      if constexpr (std::is_same_v<Value, bool>) {
        pen.number(static_cast<std::int8_t>(value ? 1 : 0));
      } else if constexpr (std::is_same_v<Value, double>) {
        pen.number(std::bit_cast<std::int64_t>(value));
      } else if constexpr (std::is_same_v<Value, float>) {
        pen.number(std::bit_cast<std::int32_t>(value));
      } else {
        pen.number(value);
      }
    }
  }
  /// Has the codec say what is wrong with a text.
  [[noreturn, gnu::noinline, gnu::cold]] void refuse(std::size_t i, std::string_view value) const {
    detail::ByteBuffer scratch;
    FieldWriter out(scratch);
    detail::write_field((*schema_)[i], value, out);
    throw Error(ErrorKind::transform, "column " + describe((*schema_)[i]) + " does not take this text");
  }

  // Constant after construction
  std::shared_ptr<const Schema> schema_;
  std::array<bool, size == 0 ? 1 : size> copies_{};  // whether a plain field is copied as it is
  bool all_copied_ = false;
};

}  // namespace leat
