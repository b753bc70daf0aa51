#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/detail/wire.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// Receives the bytes of a value from a codec. One thread at a time.
class LEAT_EXPORT FieldWriter {
 public:
  /// The largest value that PostgreSQL allows: 1 GiB - 1 (MaxAllocSize).
  static constexpr std::size_t max_value_bytes = 0x3fffffff;

  explicit FieldWriter(detail::ByteBuffer& out) noexcept : out_(out) {}

  void bytes(std::span<const std::byte> bytes) { out_.append(bytes); }
  /// An integer in network order. Its width is that of its C++ type.
  template <std::integral I>
  void integer(I value) {
    detail::store<I>(out_.extend(sizeof(I)), value);
  }

  /// A NULL in an array or tuple: the length -1 and no bytes.
  void null() { integer(std::int32_t{-1}); }
  /// Begins a value in an array or tuple: leaves room for its length. Pass the result to end_value().
  [[nodiscard]] std::size_t begin_value() {
    out_.extend(sizeof(std::int32_t));
    return out_.size();
  }
  /// Ends the value: writes its length.
  /// @throws Error (transform) if the value is larger than max_value_bytes.
  void end_value(std::size_t begin) {
    const std::size_t size = out_.size() - begin;
    if (size > max_value_bytes) fail_size(size);
    detail::store<std::int32_t>(out_.data() + begin - sizeof(std::int32_t), static_cast<std::int32_t>(size));
  }
  /// @throws Error (transform): a value of `size` bytes is too large.
  [[noreturn]] static void fail_size(std::size_t size);

 private:
  detail::ByteBuffer& out_;
};

/// Reads and writes a field as the C++ type T: the customization point. Specialise it for a type of your own:
///
///     template <> struct leat::Codec<Isbn> {
///       static std::string name();    // of T, for messages
///       static bool accepts(Oid type);  // which column types it reads and writes
///       static Isbn decode(std::span<const std::byte> in, Oid type);  // may borrow from `in`
///       static void encode(const Isbn&, Oid type, FieldWriter& out);  // without the length
///     };
///
/// decode() and encode() are called only with types that accepts() takes. They throw Error (transform) for
/// bytes or values that do not fit (see fail_decode); the caller adds column and row. The bytes are in the
/// binary format of the PostgreSQL type: the output of its send function. FieldReader helps to parse them.
/// All members must be safe to call from many threads.
template <typename T>
struct Codec;

/// A type that has a Codec.
template <typename T>
concept FieldType = requires(const T& value, std::span<const std::byte> in, Oid type, FieldWriter& out) {
  { Codec<T>::name() } -> std::convertible_to<std::string>;
  { Codec<T>::accepts(type) } -> std::same_as<bool>;
  { Codec<T>::decode(in, type) } -> std::same_as<T>;
  Codec<T>::encode(value, type, out);
};

/// Ends a decode() or encode() with an Error (transform) with this message.
[[noreturn]] LEAT_EXPORT void fail_decode(const std::string& message);

namespace detail {

template <typename T>
struct NullableTraits {
  using Value = T;
  static constexpr bool optional = false;
};
template <typename T>
struct NullableTraits<std::optional<T>> {
  using Value = T;
  static constexpr bool optional = true;
};

[[noreturn]] LEAT_EXPORT void fail_width(std::size_t expected, std::size_t found);

inline void expect_width(std::span<const std::byte> in, std::size_t expected) {
  if (in.size() != expected) [[unlikely]]
    fail_width(expected, in.size());
}

}  // namespace detail

/// A type as which a field may be read or written: one that has a Codec, or std::optional of it.
template <typename T>
concept NullableFieldType = FieldType<typename detail::NullableTraits<T>::Value>;

}  // namespace leat
