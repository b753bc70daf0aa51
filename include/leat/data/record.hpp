#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/detail/write_field.hpp"
#include "leat/data/record_view.hpp"

namespace leat {

/// A composite value that owns its bytes. It is built field by field, in the order of the type:
///
///     Record price;
///     price.add(oid::numeric, Numeric::parse("9.90")).add(oid::text, "EUR");
///     builder.add(price);
///
/// The types of the fields must be those of the composite type in the database to which it is written.
/// Move-only; one thread at a time.
class LEAT_EXPORT Record {
 public:
  /// A record without fields.
  Record() { FieldWriter(bytes_).integer(std::int32_t{0}); }
  /// A copy.
  explicit Record(const RecordView& record) : size_(record.size()) {
    FieldWriter out(bytes_);
    Codec<RecordView>::encode(record, oid::record, out);
  }

  /// Adds a field of type `type`, as RowBuilder::add() does.
  /// @throws Error (transform) if the value does not fit the type; the record is then unchanged.
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

  /// Number of fields.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The fields, for reading. Valid as long as the record is not changed.
  [[nodiscard]] RecordView view() const { return RecordView({bytes_.data(), bytes_.size()}); }

 private:
  /// The name and type of the next field, for messages.
  [[nodiscard]] Column column(Oid type) const;
  Record& finish_field();

  detail::ByteBuffer bytes_;  // as record_send gives them
  std::size_t size_ = 0;
};

/// Composite types and record, in the format of Codec<RecordView>.
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
