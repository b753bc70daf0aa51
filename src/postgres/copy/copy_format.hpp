#pragma once

// Binary COPY: an 11-byte signature, int32 flags, int32 length of a header extension and that extension; then
// a tuple a row; then the trailer, an int16 of -1. Source: PostgreSQL manual, COPY, "Binary Format".

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace leat::postgres_detail {

inline constexpr std::array<char, 19> binary_header{'P',  'G', 'C', 'O', 'P', 'Y', '\n', '\xff', '\r', '\n',
                                                    '\0', 0,   0,   0,   0,   0,   0,    0,      0};
inline constexpr std::array<char, 2> binary_trailer{'\xff', '\xff'};
inline constexpr std::size_t signature_size = 11;

inline std::uint32_t read_uint32(const char* bytes) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

inline void write_uint32(char* bytes, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<char>(value >> (24 - 8 * i));
}

/// Where the first tuple begins, or nothing when the bytes are no header.
inline std::optional<std::size_t> header_size(const char* data, std::size_t size) {
  if (size < binary_header.size() || std::memcmp(data, binary_header.data(), signature_size) != 0)
    return std::nullopt;
  const std::size_t extension = read_uint32(data + signature_size + 4);
  if (extension > size - binary_header.size()) return std::nullopt;
  return binary_header.size() + extension;
}

inline bool is_trailer(const char* data, std::size_t size) {
  return size == binary_trailer.size() && std::memcmp(data, binary_trailer.data(), size) == 0;
}

inline std::optional<int> field_count(const char* row, std::size_t size) {
  if (size < 2) return std::nullopt;
  return static_cast<unsigned char>(row[0]) << 8 | static_cast<unsigned char>(row[1]);
}

}  // namespace leat::postgres_detail
