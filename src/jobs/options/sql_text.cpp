#include "jobs/options/sql_text.hpp"

#include "jobs/options/lists.hpp"
#include "leat/data/detail/parse.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {

std::string comma_list(std::span<const std::string> parts) {
  return text_list(parts, std::identity());
}

std::string quoted_list(std::span<const std::string> names) {
  return text_list(names, quote_identifier);
}

std::string hex_text(std::string_view digits) {
  std::string text;
  for (int byte = detail::take_hex_byte(digits); byte >= 0; byte = detail::take_hex_byte(digits)) {
    text += static_cast<char>(byte);
  }
  return text;
}

std::string sql_literal(std::string_view text) {
  std::string quoted = text.find('\\') == std::string_view::npos ? "'" : "E'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace leat::jobs_detail
