#include "leat/data/inet.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "leat/data/detail/parse.hpp"
#include "leat/data/field_reader.hpp"

namespace leat {

namespace {

// PGSQL_AF_INET and PGSQL_AF_INET6: fixed on the wire, whatever AF_INET6 is on the server's machine.
constexpr std::uint8_t wire_v4 = 2;
constexpr std::uint8_t wire_v6 = 3;

bool has_host_bits(const Inet& inet) {
  const auto address = inet.address();
  for (std::size_t bit = inet.prefix; bit < address.size() * 8; ++bit) {
    if ((std::to_integer<unsigned>(address[bit / 8]) >> (7 - bit % 8) & 1U) != 0) return true;
  }
  return false;
}

void check(const Inet& inet, Oid type) {
  if (inet.prefix > inet.address().size() * 8) {
    fail_decode("a prefix of " + std::to_string(inet.prefix) + " bits in an address of " +
                std::to_string(inet.address().size() * 8));
  }
  if (type == oid::cidr && has_host_bits(inet)) {
    fail_decode("the cidr " + to_string(Cidr{inet}) + " has bits set beyond its prefix");
  }
}

/// "255.255.255.255".
void append_v4(std::string& text, std::span<const std::byte> four) {
  for (std::size_t i = 0; i < four.size(); ++i) {
    if (i > 0) text.push_back('.');
    text.append(std::to_string(std::to_integer<unsigned>(four[i])));
  }
}

/// Groups of 16 bits in hexadecimal, the first longest run of two or more zeros as "::", and the last four
/// bytes as IPv4 where all but those are "::" or "::ffff:" (inet_net_ntop_ipv6 in src/port/inet_net_ntop.c).
void append_v6(std::string& text, std::span<const std::byte> address) {
  std::array<std::uint16_t, 8> groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = detail::load<std::uint16_t>(address.data() + i * 2);
  }
  std::size_t zeros = 0;
  std::size_t zeros_at = groups.size();
  for (std::size_t i = 0; i < groups.size();) {
    std::size_t end = i;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - i > std::max<std::size_t>(zeros, 1)) {
      zeros = end - i;
      zeros_at = i;
    }
    i = std::max(end, i + 1);
  }
  const bool ends_as_v4 = zeros_at == 0 && (zeros == 6 || (zeros == 5 && groups[5] == 0xffff));
  for (std::size_t i = 0; i < groups.size();) {
    if (i == zeros_at) {
      text.append("::");
      i += zeros;
      continue;
    }
    if (i > 0 && i != zeros_at + zeros) text.push_back(':');
    if (i == 6 && ends_as_v4) return append_v4(text, address.last(4));
    char digits[4];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), groups[i], 16).ptr;
    text.append(std::begin(digits), end);
    ++i;
  }
}

std::string print_address(const Inet& inet) {
  std::string text;
  if (inet.family == IpFamily::v4) {
    append_v4(text, inet.address());
  } else {
    append_v6(text, inet.address());
  }
  return text;
}

}  // namespace

Inet Inet::parse(std::string_view text) {
  constexpr const char* what = "an inet";
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  Inet inet;
  if (address.find('\0') != std::string::npos) detail::fail_parse(what, text);
  if (::inet_pton(AF_INET, address.c_str(), inet.bytes.data()) != 1) {
    inet.family = IpFamily::v6;
    if (::inet_pton(AF_INET6, address.c_str(), inet.bytes.data()) != 1) detail::fail_parse(what, text);
  }
  const std::size_t longest = inet.address().size() * 8;
  inet.prefix = static_cast<std::uint8_t>(longest);
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), inet.prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || inet.prefix > longest) {
      detail::fail_parse(what, text);
    }
  }
  return inet;
}

Cidr Cidr::parse(std::string_view text) {
  const Cidr cidr{Inet::parse(text)};
  check(cidr.network, oid::cidr);
  return cidr;
}

std::string to_string(const Inet& inet) {
  const bool whole = inet.prefix == inet.address().size() * 8;
  return whole ? print_address(inet) : to_string(Cidr{inet});
}

std::string to_string(const Cidr& cidr) {
  return print_address(cidr.network) + '/' + std::to_string(cidr.network.prefix);
}

namespace detail {

Inet decode_inet(std::span<const std::byte> in, Oid type) {
  FieldReader reader(in, "inet");
  const auto family = reader.integer<std::uint8_t>();
  if (family != wire_v4 && family != wire_v6) reader.fail("its family is " + std::to_string(family));
  Inet inet;
  inet.family = family == wire_v4 ? IpFamily::v4 : IpFamily::v6;
  inet.prefix = reader.integer<std::uint8_t>();
  static_cast<void>(reader.integer<std::uint8_t>());  // whether it is a cidr, which the server ignores too
  const auto size = reader.integer<std::uint8_t>();
  if (size != inet.address().size()) reader.fail("an address of " + std::to_string(size) + " bytes");
  const auto address = reader.bytes(size);
  std::copy(address.begin(), address.end(), inet.bytes.begin());
  reader.end();
  check(inet, type);
  return inet;
}

void encode_inet(const Inet& value, Oid type, FieldWriter& out) {
  check(value, type);
  out.integer(value.family == IpFamily::v4 ? wire_v4 : wire_v6);
  out.integer(value.prefix);
  out.integer(static_cast<std::uint8_t>(type == oid::cidr ? 1 : 0));
  out.integer(static_cast<std::uint8_t>(value.address().size()));
  out.bytes(value.address());
}

}  // namespace detail
}  // namespace leat
