#include "postgres/copy/server_message.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "postgres/copy/copy_format.hpp"

namespace leat::postgres_detail {

Error error_in(std::span<const char> body, ErrorKind side) {
  std::string message = "the server reports an error";
  ErrorDetails details;
  while (!body.empty() && body.front() != '\0') {
    const char code = body.front();
    const auto* text = body.data() + 1;
    const std::size_t length = strnlen(text, body.size() - 1);
    const std::string value(text, length);
    switch (code) {
      case 'C':
        details.sqlstate = value;
        break;
      case 'M':
        message = value;
        break;
      case 'D':
        details.detail = value;
        break;
      case 'H':
        details.hint = value;
        break;
      case 'W':
        details.context = value;
        break;
      case 'P':
        std::from_chars(value.data(), value.data() + value.size(), details.position);
        break;
      case 'n':
        details.constraint = value;
        break;
      case 'c':
        details.column = value;
        break;
      default:
        break;
    }
    body = body.subspan(std::min(body.size(), length + 2));
  }
  return Error(side, message, std::move(details));
}

std::optional<std::uint64_t> copied_rows(std::span<const char> body) {
  std::string_view tag(body.data(), body.size());
  tag = tag.substr(0, tag.find('\0'));
  constexpr std::string_view copy = "COPY ";
  if (!tag.starts_with(copy)) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(tag.data() + copy.size(), tag.data() + tag.size(), number);
  return number;
}

// An int16 number of values; then each with an int32 length, which is negative for NULL, in front of it.
BesideRow values_in(std::span<const char> body) {
  BesideRow row;
  std::span<const char> rest = body.subspan(std::min<std::size_t>(body.size(), 2));
  while (rest.size() >= 4) {
    const auto length = static_cast<std::int32_t>(read_uint32(rest.data()));
    rest = rest.subspan(4);
    if (length < 0) {
      row.emplace_back();
      continue;
    }
    const auto size = std::min(rest.size(), static_cast<std::size_t>(length));
    row.emplace_back(std::in_place, rest.data(), size);
    rest = rest.subspan(size);
  }
  return row;
}

}  // namespace leat::postgres_detail
