#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace leat::runs_detail {

/// A text as HTML, between tags and in attributes with double quotes. Control characters, of which HTML has
/// none, become U+FFFD.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// A part of a whole from 0 to 1, as a length of SVG: "12.345%". Whatever the program's locale is.
[[nodiscard]] std::string html_percent(double part);

/// "312 ms", "3.21 s", "12 min 05 s", "3 h 02 min"
[[nodiscard]] std::string html_duration(std::chrono::nanoseconds time);

/// "1,234", "56.7 thousand", "1.2 million"
[[nodiscard]] std::string html_rate(double number);

}  // namespace leat::runs_detail
