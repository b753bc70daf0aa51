#include "postgres/copy/server_message.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

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

std::uint64_t tag_number(std::span<const char> body) {
  std::string_view tag(body.data(), body.size());
  tag = tag.substr(0, tag.find('\0'));
  const auto space = tag.rfind(' ');
  std::uint64_t number = 0;
  if (space != std::string_view::npos)
    std::from_chars(tag.data() + space + 1, tag.data() + tag.size(), number);
  return number;
}

}  // namespace leat::postgres_detail
