#pragma once

#include <compare>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"

namespace leat {

/// A number of bytes. There are no implicit conversions: use the literals (`64_MiB`) or `.count()`.
class ByteCount {
 public:
  constexpr ByteCount() = default;
  constexpr explicit ByteCount(std::uint64_t bytes) : bytes_(bytes) {}

  [[nodiscard]] constexpr std::uint64_t count() const { return bytes_; }

  friend constexpr auto operator<=>(ByteCount, ByteCount) = default;
  friend constexpr ByteCount operator+(ByteCount a, ByteCount b) { return ByteCount{a.bytes_ + b.bytes_}; }
  friend constexpr ByteCount operator-(ByteCount a, ByteCount b) { return ByteCount{a.bytes_ - b.bytes_}; }
  friend constexpr ByteCount operator*(std::uint64_t n, ByteCount b) { return ByteCount{n * b.bytes_}; }

 private:
  std::uint64_t bytes_ = 0;
};

inline namespace literals {
consteval ByteCount operator""_B(unsigned long long n) {
  return ByteCount{n};
}
consteval ByteCount operator""_KiB(unsigned long long n) {
  return ByteCount{n << 10U};
}
consteval ByteCount operator""_MiB(unsigned long long n) {
  return ByteCount{n << 20U};
}
consteval ByteCount operator""_GiB(unsigned long long n) {
  return ByteCount{n << 30U};
}
}  // namespace literals

/// Parses "4096", "64KiB", "1MiB", "1.5 GiB", "10MB". Decimal units (MB) are powers of 1000, binary units
/// (MiB) powers of 1024.
/// @throws Error (config) that quotes the text if it is not a size.
[[nodiscard]] LEAT_EXPORT ByteCount parse_bytes(std::string_view text);

/// Parses bytes per second: "50MiB/s", "50 MB/s", or the same without "/s".
/// @throws Error (config) that quotes the text if it is not a rate.
[[nodiscard]] LEAT_EXPORT ByteCount parse_byte_rate(std::string_view text);

/// "512 B", "1.0 KiB", "63.4 MiB": in binary units, with one decimal.
[[nodiscard]] LEAT_EXPORT std::string format_bytes(ByteCount bytes);
/// format_bytes().
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, ByteCount bytes);

}  // namespace leat
