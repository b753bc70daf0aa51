#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A bit or varbit: a string of bits, the first one leftmost. A value.
class LEAT_EXPORT BitString {
 public:
  /// No bits.
  BitString() = default;

  /// Parses the server's notation: "1011", or "" for no bits.
  /// @throws Error (transform) that quotes the text.
  [[nodiscard]] static BitString parse(std::string_view text);

  /// Number of bits.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bit `i`, counted from 0 at the left. `i` must be less than size().
  [[nodiscard]] bool operator[](std::size_t i) const noexcept {
    return (std::to_integer<unsigned>(bytes_[i / 8]) >> (7 - i % 8) & 1U) != 0;
  }
  void push_back(bool bit);
  /// Eight bits in a byte, the first one highest. The last byte is filled up with zeros.
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

  friend bool operator==(const BitString&, const BitString&) = default;

 private:
  friend struct Codec<BitString>;
  static BitString from_wire(std::span<const std::byte> in);
  void to_wire(FieldWriter& out) const;

  std::vector<std::byte> bytes_;  // (size_ + 7) / 8 of them; bits beyond size_ are zero
  std::size_t size_ = 0;
};

/// "1011", as the server prints it.
[[nodiscard]] LEAT_EXPORT std::string to_string(const BitString& bits);

/// bit and varbit: int32 number of bits, then the bytes that hold them (bit_send, varbit_send in
/// src/backend/utils/adt/varbit.c). The server checks that a bit(n) has n bits.
template <>
struct Codec<BitString> {
  static std::string name() { return "leat::BitString"; }
  static bool accepts(Oid type) { return type == oid::bit || type == oid::varbit; }
  static BitString decode(std::span<const std::byte> in, Oid) { return BitString::from_wire(in); }
  static void encode(const BitString& value, Oid, FieldWriter& out) { value.to_wire(out); }
};

}  // namespace leat
