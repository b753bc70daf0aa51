#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/field_reader.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A composite value read in place: its fields by position, each with its type. The bytes do not contain the
/// fields' names. Neither copies nor allocates; the bytes must outlive it. A field is found by walking from
/// the first one. Thread-safe.
class LEAT_EXPORT RecordView {
 public:
  /// A record without fields.
  RecordView() = default;
  /// Checks that the field count and the lengths fill the bytes exactly.
  /// @throws Error (transform) if they do not.
  explicit RecordView(std::span<const std::byte> bytes);

  /// Number of fields.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// The whole record, in the format of record_send.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// The type of field `i`. @throws Error (transform) if there is no such field.
  [[nodiscard]] Oid type(std::size_t i) const { return field(i).type; }
  [[nodiscard]] bool is_null(std::size_t i) const { return !field(i).bytes; }
  /// The bytes of field `i`; nullopt for a NULL.
  [[nodiscard]] std::optional<std::span<const std::byte>> raw(std::size_t i) const { return field(i).bytes; }

  /// Field `i` as a T (or std::optional<T>).
  /// @throws Error (transform) that names the field: if T does not accept its type, for a NULL read as plain
  /// T, and for malformed bytes.
  template <NullableFieldType T>
  [[nodiscard]] T get(std::size_t i) const {
    using Value = typename detail::NullableTraits<T>::Value;
    const Field found = field(i);
    if (!Codec<Value>::accepts(found.type)) fail_type(i, found.type, Codec<Value>::name());
    if (!found.bytes) {
      if constexpr (detail::NullableTraits<T>::optional) {
        return std::nullopt;
      } else {
        fail_null(i, Codec<Value>::name());
      }
    }
    return Codec<Value>::decode(*found.bytes, found.type);
  }

 private:
  struct Field {
    Oid type;
    std::optional<std::span<const std::byte>> bytes;
  };
  static Field take_field(FieldReader& in);
  [[nodiscard]] Field field(std::size_t i) const;
  [[noreturn]] static void fail_type(std::size_t i, Oid type, const std::string& cpp_type);
  [[noreturn]] static void fail_null(std::size_t i, const std::string& cpp_type);

  std::span<const std::byte> bytes_;
  std::size_t size_ = 0;
};

/// Composite types and record: int32 field count; then for each field the oid of its type, int32 length (-1
/// for NULL) and bytes (record_send in src/backend/utils/adt/rowtypes.c). The oid of a composite type is not
/// fixed, so every user-made type is accepted. Writing copies the bytes, with the oids of the database from
/// which they were read. The server refuses oids other than its own.
template <>
struct LEAT_EXPORT Codec<RecordView> {
  static std::string name() { return "leat::RecordView"; }
  static bool accepts(Oid type) { return type == oid::record || type >= oid::first_user_type; }
  static RecordView decode(std::span<const std::byte> in, Oid) { return RecordView(in); }
  static void encode(const RecordView& value, Oid, FieldWriter& out);
};

}  // namespace leat
