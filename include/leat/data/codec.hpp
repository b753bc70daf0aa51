#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/detail/wire.hpp"
#include "leat/data/schema.hpp"

namespace leat {

/// Where a codec writes the bytes of a value. One thread at a time.
class FieldWriter {
 public:
  /// No value of PostgreSQL is larger: 1 GiB - 1 (MaxAllocSize).
  static constexpr std::size_t max_value_bytes = 0x3fffffff;

  explicit FieldWriter(detail::ByteBuffer& out) noexcept : out_(out) {}

  void bytes(std::span<const std::byte> bytes) { out_.append(bytes); }
  /// An integer in network order, as wide as its type.
  template <std::integral I>
  void integer(I value) {
    detail::store<I>(out_.extend(sizeof(I)), value);
  }

  /// A NULL in an array or tuple: length -1 and nothing else.
  void null() { integer(std::int32_t{-1}); }
  /// Opens a value in an array or tuple: leaves room for its length. Returns what end_value() wants.
  [[nodiscard]] std::size_t begin_value() {
    out_.extend(sizeof(std::int32_t));
    return out_.size();
  }
  /// Closes it: fills the length in.
  /// @throws Error (transform) when the value is larger than max_value_bytes.
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

/// How a C++ type T reads and writes a field: the customization point. Specialise it for a type of your own:
///
///     template <> struct leat::Codec<Isbn> {
///       static std::string name();    // of T, for messages
///       static bool accepts(Oid type);  // which column types it reads and writes
///       static Isbn decode(std::span<const std::byte> in, Oid type);  // may borrow from `in`
///       static void encode(const Isbn&, Oid type, FieldWriter& out);  // without the length
///     };
///
/// decode() and encode() are called only with types that accepts() takes, and throw Error (transform) for
/// bytes or values that do not fit (see fail_decode); the caller adds column and row. Bytes are in the type's
/// binary format, i.e. what its send function writes; FieldReader takes it apart. All members must be safe to
/// call from many threads.
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

/// Ends a decode() or encode() with an Error (transform) that says `message`.
[[noreturn]] void fail_decode(const std::string& message);

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

[[noreturn]] void fail_width(std::size_t expected, std::size_t found);

inline void expect_width(std::span<const std::byte> in, std::size_t expected) {
  if (in.size() != expected) [[unlikely]]
    fail_width(expected, in.size());
}

}  // namespace detail

/// A type that a field may be read as or written from: one with a Codec, or std::optional of it.
template <typename T>
concept NullableFieldType = FieldType<typename detail::NullableTraits<T>::Value>;

}  // namespace leat
