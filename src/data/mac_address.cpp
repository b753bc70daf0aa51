#include "leat/data/mac_address.hpp"

#include <span>

#include "leat/data/detail/parse.hpp"

namespace leat {

namespace {

constexpr std::string_view separators = ":-.";

void parse_bytes(std::string_view text, const char* what, std::span<std::byte> bytes) {
  std::string_view rest = text;
  char separator = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && !rest.empty() && separators.find(rest.front()) != std::string_view::npos) {
      if (separator != 0 && rest.front() != separator) detail::fail_parse(what, text);
      separator = rest.front();
      rest.remove_prefix(1);
    }
    const int byte = detail::take_hex_byte(rest);
    if (byte < 0) detail::fail_parse(what, text);
    bytes[i] = static_cast<std::byte>(byte);
  }
  if (!rest.empty()) detail::fail_parse(what, text);
}

std::string print_bytes(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text.push_back(':');
    detail::append_hex(text, byte);
  }
  return text;
}

}  // namespace

MacAddress MacAddress::parse(std::string_view text) {
  MacAddress address;
  parse_bytes(text, "a macaddr", address.bytes);
  return address;
}

MacAddress8 MacAddress8::parse(std::string_view text) {
  MacAddress8 address;
  parse_bytes(text, "a macaddr8", address.bytes);
  return address;
}

std::string to_string(const MacAddress& address) {
  return print_bytes(address.bytes);
}

std::string to_string(const MacAddress8& address) {
  return print_bytes(address.bytes);
}

}  // namespace leat
