#include "leat/data/codec.hpp"

#include "leat/core/error.hpp"
#include "leat/data/codec_scalar.hpp"
#include "leat/data/codec_text.hpp"

namespace leat {

void fail_decode(const std::string& message) {
  throw Error(ErrorKind::transform, message);
}

void FieldWriter::fail_size(std::size_t size) {
  fail_decode("the value has " + std::to_string(size) + " bytes, more than the " +
              std::to_string(max_value_bytes) + " that PostgreSQL takes");
}

bool Codec<std::uint32_t>::accepts(Oid type) {
  switch (type) {
    case oid::oid:
    case oid::xid:
    case oid::cid:
    case oid::regproc:
    case oid::regprocedure:
    case oid::regoper:
    case oid::regoperator:
    case oid::regclass:
    case oid::regtype:
    case oid::regconfig:
    case oid::regdictionary:
    case oid::regnamespace:
    case oid::regrole:
    case oid::regcollation:
      return true;
    default:
      return false;
  }
}

namespace detail {

void fail_width(std::size_t expected, std::size_t found) {
  fail_decode("malformed value: " + std::to_string(expected) + " bytes expected, " + std::to_string(found) +
              " found");
}

namespace {

constexpr std::uint8_t text_version = 1;

bool has_version(Oid type) {
  return type == oid::jsonb || type == oid::jsonpath;
}

}  // namespace

std::string_view decode_text(std::span<const std::byte> in, Oid type) {
  if (has_version(type)) {
    const std::string what = type == oid::jsonb ? "jsonb" : "jsonpath";
    if (in.empty()) fail_decode("malformed value: " + what + " without its version byte");
    if (in[0] != std::byte{text_version}) {
      fail_decode(what + " version 1 expected, " + std::to_string(std::to_integer<int>(in[0])) + " found");
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
  if (has_version(type)) out.integer(text_version);
  out.bytes(std::as_bytes(std::span(text.data(), text.size())));
}

}  // namespace detail
}  // namespace leat
