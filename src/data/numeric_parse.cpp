#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <string>

#include "leat/data/numeric.hpp"

// The grammar of numeric_in:
//   space* ( "NaN" | sign? ( "Infinity" | "inf" ) | sign? number ) space*      letters in either case
//   number: ( digits ( "." digits? )? | "." digits ) ( "e" sign? digits )?

namespace leat {

namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == static_cast<unsigned char>(b);
  });
}

[[noreturn]] void fail_number(std::string_view text, const char* what) {
  constexpr std::size_t shown = 64;
  const std::string quoted =
      "\"" + std::string(text.substr(0, shown)) + (text.size() > shown ? "\"..." : "\"");
  fail_decode(quoted + what);
}

std::string_view take_digits(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_digit);
  const auto digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

}  // namespace

Numeric Numeric::parse(std::string_view text) {
  constexpr const char* not_a_number = " is not a number";
  std::string_view rest = text;
  while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
  while (!rest.empty() && is_space(rest.back())) rest.remove_suffix(1);
  if (same_word(rest, "nan")) return nan();

  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (same_word(rest, "infinity") || same_word(rest, "inf"))
    return negative ? negative_infinity() : infinity();

  const std::string_view whole = take_digits(rest);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() && fraction.empty()) fail_number(text, not_a_number);
  std::int64_t exponent = 0;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('+') && rest.size() > 1 && is_digit(rest[1])) rest.remove_prefix(1);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), exponent);
    if (error == std::errc::invalid_argument) fail_number(text, not_a_number);
    constexpr std::int64_t limit = std::numeric_limits<std::int32_t>::max() / 2;
    if (error != std::errc{} || exponent >= limit || exponent <= -limit) {
      fail_number(text, " has an exponent out of range");
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  if (!rest.empty()) fail_number(text, not_a_number);

  // Group the decimal digits by four, aligned to the point that the exponent moves.
  const std::string decimals = std::string(whole) + std::string(fraction);
  const std::int64_t decimal_weight = static_cast<std::int64_t>(whole.size()) - 1 + exponent;
  const std::int64_t weight =
      decimal_weight >= 0 ? decimal_weight / base_digits : (decimal_weight - 3) / base_digits;
  const std::int64_t lead = (weight + 1) * base_digits - (decimal_weight + 1);

  Numeric value;
  value.sign_ = negative ? Sign::negative : Sign::positive;
  value.digits_.reserve(decimals.size() / base_digits + 2);
  unsigned group = 0;
  auto place = static_cast<int>(lead);
  for (const char c : decimals) {
    group = group * 10 + static_cast<unsigned>(c - '0');
    if (++place == base_digits) {
      value.digits_.push_back(static_cast<char16_t>(group));
      group = 0;
      place = 0;
    }
  }
  if (place > 0) {
    for (; place < base_digits; ++place) group *= 10;
    value.digits_.push_back(static_cast<char16_t>(group));
  }
  value.check_range(text, weight, static_cast<std::int64_t>(fraction.size()) - exponent);
  return value;
}

void Numeric::check_range(std::string_view text, std::int64_t weight, std::int64_t scale) {
  constexpr std::int64_t max_weight = 0x7fff;
  const auto leading = std::min(digits_.find_first_not_of(u'\0'), digits_.size());
  const bool zero = leading == digits_.size();
  weight -= static_cast<std::int64_t>(leading);
  if (scale > max_scale || (!zero && weight > max_weight)) {
    fail_number(text, " has more digits than a numeric takes");
  }
  scale_ = static_cast<std::uint16_t>(std::max(scale, std::int64_t{0}));
  digits_.erase(0, leading);
  weight_ = zero ? 0 : static_cast<int>(weight);
  normalise();
}

}  // namespace leat
