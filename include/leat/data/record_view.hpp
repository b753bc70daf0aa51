#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "leat/data/codec.hpp"
#include "leat/data/field_reader.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A composite value read in place: its fields by position, each with its type. Names are not part of the
/// bytes. Neither copies nor allocates; the bytes must outlive it. A field is found by walking from the first
/// one. Thread-safe.
class RecordView {
 public:
  /// A record without fields.
  RecordView() = default;
  /// Checks that lengths and count fill the bytes exactly.
  /// @throws Error (transform) when they do not.
  explicit RecordView(std::span<const std::byte> bytes);

  /// Fields.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// All of it, as record_send gives it.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// The type of field `i`. @throws Error (transform) when there is none.
  [[nodiscard]] Oid type(std::size_t i) const { return field(i).type; }
  [[nodiscard]] bool is_null(std::size_t i) const { return !field(i).bytes; }
  /// The bytes of field `i`; nothing for a NULL.
  [[nodiscard]] std::optional<std::span<const std::byte>> raw(std::size_t i) const { return field(i).bytes; }

  /// Field `i` as a T (or std::optional<T>).
  /// @throws Error (transform) that names the field: when its type is not one that T takes, for a NULL read
  /// as plain T, and for malformed bytes.
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

/// Composite types and record: int32 field count, and for each field its type's oid, int32 length (-1 for
/// NULL) and bytes (record_send in src/backend/utils/adt/rowtypes.c). As a composite type's oid is not fixed,
/// every type that a user made is accepted. Writing copies the bytes: the oids in it are those of the
/// database that it was read from, and the server refuses others than its own.
template <>
struct Codec<RecordView> {
  static std::string name() { return "leat::RecordView"; }
  static bool accepts(Oid type) { return type == oid::record || type >= oid::first_user_type; }
  static RecordView decode(std::span<const std::byte> in, Oid) { return RecordView(in); }
  static void encode(const RecordView& value, Oid, FieldWriter& out);
};

}  // namespace leat
