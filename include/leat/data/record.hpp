#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "leat/data/codec.hpp"
#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/detail/write_field.hpp"
#include "leat/data/record_view.hpp"

namespace leat {

/// A composite value of its own, made field by field in the type's order:
///
///     Record price;
///     price.add(oid::numeric, Numeric::parse("9.90")).add(oid::text, "EUR");
///     builder.add(price);
///
/// Field types must be those of the composite type in the database that it is written to. Move-only; one
/// thread at a time.
class Record {
 public:
  /// A record without fields.
  Record() { FieldWriter(bytes_).integer(std::int32_t{0}); }
  /// A copy.
  explicit Record(const RecordView& record) : size_(record.size()) {
    FieldWriter out(bytes_);
    Codec<RecordView>::encode(record, oid::record, out);
  }

  /// Adds a field of type `type`, as RowBuilder::add() does.
  /// @throws Error (transform) when the value does not fit the type; the record is then as it was.
  template <typename T>
  requires detail::Writable<T> Record& add(Oid type, const T& value) {
    const std::size_t before = bytes_.size();
    try {
      FieldWriter out(bytes_);
      out.integer(type);
      detail::write_field(column(type), value, out);
      return finish_field();
    } catch (...) {
      bytes_.truncate(before);
      throw;
    }
  }
  Record& add(Oid type, const char* text) { return add(type, std::string_view(text)); }
  Record& add_null(Oid type) { return add(type, std::nullopt); }

  /// Fields.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The fields, to read. Valid while the record is not changed.
  [[nodiscard]] RecordView view() const { return RecordView({bytes_.data(), bytes_.size()}); }

 private:
  /// What messages call the next field.
  [[nodiscard]] Column column(Oid type) const;
  Record& finish_field();

  detail::ByteBuffer bytes_;  // as record_send gives them
  std::size_t size_ = 0;
};

/// Composite types and record, as Codec<RecordView> has them.
template <>
struct Codec<Record> {
  static std::string name() { return "leat::Record"; }
  static bool accepts(Oid type) { return Codec<RecordView>::accepts(type); }
  static Record decode(std::span<const std::byte> in, Oid) { return Record(RecordView(in)); }
  static void encode(const Record& value, Oid type, FieldWriter& out) {
    Codec<RecordView>::encode(value.view(), type, out);
  }
};

}  // namespace leat
