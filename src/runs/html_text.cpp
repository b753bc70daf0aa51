#include "runs/html_text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "leat/core/detail/report_lines.hpp"

namespace leat::runs_detail {
namespace {

/// With so many digits behind the point, which does not depend on the locale.
std::string html_decimal(double number, int digits) {
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  const auto scaled =
      static_cast<std::uint64_t>(std::llround(std::max(number, 0.0) * static_cast<double>(scale)));
  std::string behind = std::to_string(scaled % scale);
  behind.insert(0,
                static_cast<std::size_t>(digits) -
                    std::min<std::size_t>(behind.size(), static_cast<std::size_t>(digits)),
                '0');
  return std::to_string(scaled / scale) + (digits == 0 ? "" : "." + behind);
}

std::string two_digits(std::uint64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '\n':
      case '\t':
        out += c;
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += "\xEF\xBF\xBD";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string html_percent(double part) {
  constexpr double whole = 100.0;
  return html_decimal(std::clamp(part, 0.0, 1.0) * whole, 3) + "%";
}

std::string html_duration(std::chrono::nanoseconds time) {
  using std::chrono::duration_cast;
  const auto milliseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(duration_cast<std::chrono::milliseconds>(time).count(), 0));
  if (milliseconds < 1000) return std::to_string(milliseconds) + " ms";
  constexpr double thousand = 1000.0;
  if (milliseconds < 120'000) return html_decimal(static_cast<double>(milliseconds) / thousand, 2) + " s";
  const std::uint64_t seconds = milliseconds / 1000;
  if (seconds < 7200) return std::to_string(seconds / 60) + " min " + two_digits(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + two_digits(seconds / 60 % 60) + " min";
}

std::string html_rate(double number) {
  constexpr double thousand = 1e3;
  constexpr double million = 1e6;
  if (number >= million) return html_decimal(number / million, 2) + " million";
  if (number >= 10 * thousand) return html_decimal(number / thousand, 1) + " thousand";
  if (number >= 10) return detail::with_thousands(static_cast<std::uint64_t>(std::llround(number)));
  return html_decimal(number, 1);
}

}  // namespace leat::runs_detail
