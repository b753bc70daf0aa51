#include "leat/data/bit_string.hpp"

#include <limits>

#include "leat/data/detail/parse.hpp"
#include "leat/data/field_reader.hpp"

namespace leat {

void BitString::push_back(bool bit) {
  if (size_ % 8 == 0) bytes_.push_back(std::byte{0});
  if (bit) bytes_.back() |= static_cast<std::byte>(0x80U >> (size_ % 8));
  ++size_;
}

BitString BitString::parse(std::string_view text) {
  BitString bits;
  for (const char c : text) {
    if (c != '0' && c != '1') detail::fail_parse("a bit string", text);
    bits.push_back(c == '1');
  }
  return bits;
}

std::string to_string(const BitString& bits) {
  std::string text;
  text.reserve(bits.size());
  for (std::size_t i = 0; i < bits.size(); ++i) text.push_back(bits[i] ? '1' : '0');
  return text;
}

BitString BitString::from_wire(std::span<const std::byte> in) {
  FieldReader reader(in, "bit string");
  const auto size = reader.integer<std::int32_t>();
  if (size < 0 || (static_cast<std::size_t>(size) + 7) / 8 != reader.left()) {
    reader.fail(std::to_string(size) + " bits in " + std::to_string(reader.left()) + " bytes");
  }
  const auto bytes = reader.bytes(reader.left());
  BitString bits;
  bits.bytes_.assign(bytes.begin(), bytes.end());
  bits.size_ = static_cast<std::size_t>(size);
  // As varbit_recv does.
  if (const std::size_t used = bits.size_ % 8; used > 0) {
    bits.bytes_.back() &= static_cast<std::byte>(0xff00U >> used & 0xffU);
  }
  return bits;
}

void BitString::to_wire(FieldWriter& out) const {
  if (size_ > std::numeric_limits<std::int32_t>::max() - 7) FieldWriter::fail_size(bytes_.size());
  out.integer(static_cast<std::int32_t>(size_));
  out.bytes(bytes_);
}

}  // namespace leat
