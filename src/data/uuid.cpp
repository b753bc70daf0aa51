#include "leat/data/uuid.hpp"

#include "leat/data/detail/parse.hpp"

namespace leat {

Uuid Uuid::parse(std::string_view text) {
  constexpr const char* what = "a uuid";
  std::string_view rest = text;
  if (rest.starts_with('{')) {
    if (!rest.ends_with('}')) detail::fail_parse(what, text);
    rest = rest.substr(1, rest.size() - 2);
  }
  Uuid uuid;
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    const int byte = detail::take_hex_byte(rest);
    if (byte < 0) detail::fail_parse(what, text);
    uuid.bytes[i] = static_cast<std::byte>(byte);
    if (i % 2 == 1 && i + 1 < uuid.bytes.size() && rest.starts_with('-')) rest.remove_prefix(1);
  }
  if (!rest.empty()) detail::fail_parse(what, text);
  return uuid;
}

std::string to_string(const Uuid& uuid) {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < uuid.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    detail::append_hex(text, uuid.bytes[i]);
  }
  return text;
}

}  // namespace leat
