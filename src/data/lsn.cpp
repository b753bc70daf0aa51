#include "leat/data/lsn.hpp"

#include <cstdio>

#include "leat/data/detail/parse.hpp"

namespace leat {

namespace {

std::uint64_t parse_half(std::string_view digits, std::string_view text) {
  constexpr const char* what = "a pg_lsn";
  if (digits.empty() || digits.size() > 8) detail::fail_parse(what, text);
  std::uint64_t half = 0;
  for (const char c : digits) {
    const int value = detail::hex_value(c);
    if (value < 0) detail::fail_parse(what, text);
    half = half * 16 + static_cast<std::uint64_t>(value);
  }
  return half;
}

}  // namespace

Lsn Lsn::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::uint64_t high = parse_half(text.substr(0, slash), text);
  const std::string_view low = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  return {high << 32U | parse_half(low, text)};
}

std::string to_string(Lsn lsn) {
  char text[20];
  const int size = std::snprintf(text, sizeof text, "%X/%X", static_cast<unsigned>(lsn.position >> 32U),
                                 static_cast<unsigned>(lsn.position & 0xffffffffU));
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace leat
