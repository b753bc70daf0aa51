#include "leat/data/uuid.hpp"

#include <algorithm>

namespace leat {

namespace {

[[noreturn]] void fail_uuid(std::string_view text) {
  constexpr std::size_t shown = 64;
  fail_decode("not a uuid: \"" + std::string(text.substr(0, shown)) + "\"");
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Uuid Uuid::parse(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('{')) {
    if (!rest.ends_with('}')) fail_uuid(text);
    rest = rest.substr(1, rest.size() - 2);
  }
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (rest.size() < 2) fail_uuid(text);
    const int high = hex_value(rest[0]);
    const int low = hex_value(rest[1]);
    if (high < 0 || low < 0) fail_uuid(text);
    uuid.bytes[i] = static_cast<std::byte>(high * 16 + low);
    rest.remove_prefix(2);
    if (i % 2 == 1 && i + 1 < uuid.bytes.size() && rest.starts_with('-')) rest.remove_prefix(1);
  }
  if (!rest.empty()) fail_uuid(text);
  return uuid;
}

std::string to_string(const Uuid& uuid) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    const auto byte = std::to_integer<unsigned>(uuid.bytes[i]);
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

}  // namespace leat
