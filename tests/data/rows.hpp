#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/row_builder.hpp"
#include "support/catch.hpp"

namespace leat::test {

inline std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text.push_back(digits[std::to_integer<unsigned>(b) >> 4U]);
    text.push_back(digits[std::to_integer<unsigned>(b) & 15U]);
  }
  return text;
}

inline std::vector<std::byte> unhex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

inline std::shared_ptr<const Schema> schema_of(std::vector<Column> columns) {
  return std::make_shared<const Schema>(std::move(columns));
}

inline constexpr Oid int4_array = 1007;

/// Four columns of four types, and rows of them.
inline std::shared_ptr<const Schema> orders() {
  return schema_of({{.name = "id", .type = oid::int8, .type_name = "bigint"},
                    {.name = "qty", .type = oid::int4, .type_name = "integer"},
                    {.name = "note", .type = oid::text, .type_name = "text"},
                    {.name = "price", .type = oid::numeric, .type_name = "numeric(12,2)"}});
}

/// (7, 3, 'ok', NULL) of orders().
inline constexpr std::string_view order_7 =
    "0004"
    "00000008"
    "0000000000000007"
    "00000004"
    "00000003"
    "00000002"
    "6f6b"
    "ffffffff";

/// (-1, NULL, '', 1.5) of orders().
inline constexpr std::string_view order_minus_1 =
    "0004"
    "00000008"
    "ffffffffffffffff"
    "ffffffff"
    "00000000"
    "0000000c"
    "0002000000000001"
    "00011388";

/// What encode() writes.
template <typename T>
std::string sent(const T& value, Oid type) {
  detail::ByteBuffer buffer;
  FieldWriter out(buffer);
  Codec<T>::encode(value, type, out);
  return hex({buffer.data(), buffer.size()});
}

template <typename T>
T received(std::string_view hex_text, Oid type) {
  const auto bytes = unhex(hex_text);
  return Codec<T>::decode(bytes, type);
}

/// T is sent as these bytes and received from them.
template <typename T>
void check_wire(const T& value, Oid type, std::string_view hex_text) {
  INFO(Codec<T>::name() << " " << hex_text);
  CHECK(Codec<T>::accepts(type));
  CHECK(sent(value, type) == hex_text);
  CHECK(received<T>(hex_text, type) == value);
}

/// The message of the Error (transform) that `action` throws; "" when it throws none.
template <typename Action>
std::string transform_error(Action action) {
  try {
    action();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::transform);
    return error.what();
  }
  return {};
}

/// The message of the Error that decoding these bytes gives, or "".
template <typename T>
std::string malformed(std::string_view hex_text, Oid type) {
  return transform_error([&] { static_cast<void>(received<T>(hex_text, type)); });
}

/// These bytes are a T; what is left when they are cut anywhere, or have one more, is none.
template <typename T>
void check_cuts(std::string_view hex_text, Oid type) {
  INFO(Codec<T>::name() << " " << hex_text);
  CHECK(malformed<T>(hex_text, type).empty());
  for (std::size_t size = 0; size < hex_text.size(); size += 2) {
    INFO("cut to " << size / 2 << " bytes");
    CHECK_FALSE(malformed<T>(hex_text.substr(0, size), type).empty());
  }
  CHECK_FALSE(malformed<T>(std::string(hex_text) + "00", type).empty());
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace leat::test
