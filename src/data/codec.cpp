#include "leat/data/codec.hpp"

#include "leat/core/error.hpp"
#include "leat/data/codec_text.hpp"

namespace leat {

void fail_decode(const std::string& message) {
  throw Error(ErrorKind::transform, message);
}

void FieldWriter::fail_size(std::size_t size) {
  fail_decode("the value has " + std::to_string(size) + " bytes, more than the " +
              std::to_string(max_value_bytes) + " that PostgreSQL takes");
}

namespace detail {

void fail_width(std::size_t expected, std::size_t found) {
  fail_decode("malformed value: " + std::to_string(expected) + " bytes expected, " + std::to_string(found) +
              " found");
}

std::string_view decode_text(std::span<const std::byte> in, Oid type) {
  if (type == oid::jsonb) {
    if (in.empty()) fail_decode("malformed value: jsonb without its version byte");
    if (in[0] != std::byte{1}) {
      fail_decode("jsonb version 1 expected, " + std::to_string(std::to_integer<int>(in[0])) + " found");
    }
    in = in.subspan(1);
  }
  const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
  if (type >= oid::first_user_type && text.find('\0') != std::string_view::npos) {
    fail_decode("the value holds a 0x00, so the type's binary form is not its text");
  }
  return text;
}

void encode_text(std::string_view text, Oid type, FieldWriter& out) {
  constexpr std::size_t longest_name = 63;
  if (text.size() > FieldWriter::max_value_bytes) FieldWriter::fail_size(text.size());
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    fail_decode("text cannot hold the 0x00 at byte " + std::to_string(zero));
  }
  if (type == oid::name && text.size() > longest_name) {
    fail_decode("a name has at most 63 bytes, this one " + std::to_string(text.size()));
  }
  if (type == oid::jsonb) out.integer(std::uint8_t{1});
  out.bytes(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace detail
}  // namespace leat
