#pragma once

#include <span>
#include <string>
#include <string_view>

namespace leat::jobs_detail {

/// "a, b"
[[nodiscard]] std::string comma_list(std::span<const std::string> parts);

/// "a", "B" of names, as SQL quotes them.
[[nodiscard]] std::string quoted_list(std::span<const std::string> names);

/// The bytes that hexadecimal digits mean, up to what is none.
[[nodiscard]] std::string hex_text(std::string_view digits);

/// A literal that every server reads alike.
[[nodiscard]] std::string sql_literal(std::string_view text);

}  // namespace leat::jobs_detail
