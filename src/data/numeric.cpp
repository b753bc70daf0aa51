#include "leat/data/numeric.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace leat {

namespace {

constexpr int header_bytes = 8;
constexpr std::uint16_t infinity_scale = 0x20;  // what numeric_send writes for the infinities

/// 10^n for n from 0 to 4.
constexpr unsigned power_of_ten(int n) {
  unsigned power = 1;
  for (; n > 0; --n) power *= 10;
  return power;
}

}  // namespace

Numeric::Numeric(std::int64_t value) : sign_(value < 0 ? Sign::negative : Sign::positive) {
  std::uint64_t rest = value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  for (; rest > 0; rest /= base) digits_.push_back(static_cast<char16_t>(rest % base));
  std::reverse(digits_.begin(), digits_.end());
  weight_ = digits_.empty() ? 0 : static_cast<int>(digits_.size()) - 1;
  normalise();
}

Numeric Numeric::nan() {
  return Numeric(Sign::nan);
}
Numeric Numeric::infinity() {
  return Numeric(Sign::infinity);
}
Numeric Numeric::negative_infinity() {
  return Numeric(Sign::negative_infinity);
}

Numeric Numeric::from_double(double value) {
  if (std::isnan(value)) return nan();
  if (std::isinf(value)) return value > 0 ? infinity() : negative_infinity();
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  return parse({text, static_cast<std::size_t>(end - text)});
}

void Numeric::normalise() {
  // As numeric_recv does, digits beyond the scale are cut off, not rounded.
  const int fraction_groups = (scale_ + base_digits - 1) / base_digits;
  const auto kept = static_cast<std::size_t>(std::max(weight_ + 1 + fraction_groups, 0));
  if (digits_.size() >= kept) {
    digits_.resize(kept);
    if (const int partial = scale_ % base_digits; partial > 0 && kept > 0) {
      const unsigned unit = power_of_ten(base_digits - partial);
      digits_.back() = static_cast<char16_t>(digits_.back() / unit * unit);
    }
  }
  while (!digits_.empty() && digits_.back() == 0) digits_.pop_back();
  const auto leading = std::min(digits_.find_first_not_of(u'\0'), digits_.size());
  digits_.erase(0, leading);
  weight_ -= static_cast<int>(leading);
  if (digits_.empty()) {
    weight_ = 0;
    sign_ = Sign::positive;
  }
}

Numeric Numeric::from_wire(std::span<const std::byte> in) {
  if (in.size() < header_bytes) fail_decode("malformed numeric: it ends in its header");
  const auto count = detail::load<std::uint16_t>(in.data());
  Numeric value;
  value.weight_ = detail::load<std::int16_t>(in.data() + 2);
  value.sign_ = static_cast<Sign>(detail::load<std::uint16_t>(in.data() + 4));
  value.scale_ = detail::load<std::uint16_t>(in.data() + 6);
  if (in.size() != header_bytes + std::size_t{count} * 2) {
    fail_decode("malformed numeric: " + std::to_string(count) + " digits in " + std::to_string(in.size()) +
                " bytes");
  }
  switch (value.sign_) {
    case Sign::positive:
    case Sign::negative:
      break;
    case Sign::nan:
    case Sign::infinity:
    case Sign::negative_infinity:
      return Numeric(value.sign_);
    default:
      fail_decode("malformed numeric: its sign is " + std::to_string(static_cast<unsigned>(value.sign_)));
  }
  if (value.scale_ > max_scale) {
    fail_decode("malformed numeric: its scale is " + std::to_string(value.scale_));
  }
  value.digits_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto digit = detail::load<std::uint16_t>(in.data() + header_bytes + i * 2);
    if (digit >= base) fail_decode("malformed numeric: it has a digit of " + std::to_string(digit));
    value.digits_[i] = digit;
  }
  value.normalise();
  return value;
}

void Numeric::to_wire(FieldWriter& out) const {
  out.integer(static_cast<std::uint16_t>(digits_.size()));
  out.integer(static_cast<std::int16_t>(weight_));
  out.integer(static_cast<std::uint16_t>(sign_));
  out.integer(is_infinite() ? infinity_scale : scale_);
  for (const char16_t digit : digits_) out.integer(static_cast<std::uint16_t>(digit));
}

std::int64_t Numeric::to_int64() const {
  const int lowest = weight_ - static_cast<int>(digits_.size()) + 1;
  if (!is_finite()) fail_decode(to_string() + " is no integer");
  if (!digits_.empty() && lowest < 0) fail_decode(to_string() + " is no integer: it has a fraction");
  constexpr int widest = 4;  // 10000^5 exceeds 2^64
  std::int64_t value = 0;
  bool fits = weight_ <= widest;
  for (int power = weight_; fits && power >= 0; --power) {
    const std::int64_t digit_value = is_negative() ? -std::int64_t{digit(power)} : std::int64_t{digit(power)};
    fits =
        !__builtin_mul_overflow(value, base, &value) && !__builtin_add_overflow(value, digit_value, &value);
  }
  if (!fits) fail_decode("the number is out of the range of a 64-bit integer");
  return value;
}

double Numeric::to_double() const {
  using L = std::numeric_limits<double>;
  if (is_nan()) return L::quiet_NaN();
  const double infinite = is_negative() ? -L::infinity() : L::infinity();
  if (is_infinite()) return infinite;
  if (digits_.empty()) return 0.0;
  // "<digits>e<exponent>": the value without the zeros on its sides.
  std::string text = is_negative() ? "-" : "";
  for (const char16_t group : digits_) {
    for (int n = base_digits - 1; n >= 0; --n) {
      text.push_back(static_cast<char>('0' + group / power_of_ten(n) % 10));
    }
  }
  const int exponent = (weight_ - static_cast<int>(digits_.size()) + 1) * base_digits;
  text.append("e").append(std::to_string(exponent));
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec == std::errc::result_out_of_range)
    return weight_ < 0 ? std::copysign(0.0, infinite) : infinite;
  return value;
}

std::string Numeric::to_string() const {
  if (is_nan()) return "NaN";
  if (is_infinite()) return is_negative() ? "-Infinity" : "Infinity";
  std::string text = is_negative() ? "-" : "";
  const auto add_group = [&text](unsigned group, int shown) {
    for (int n = base_digits - 1; n >= base_digits - shown; --n) {
      text.push_back(static_cast<char>('0' + group / power_of_ten(n) % 10));
    }
  };
  if (weight_ < 0) {
    text.push_back('0');
  } else {
    text.append(std::to_string(digit(weight_)));
    for (int power = weight_ - 1; power >= 0; --power) add_group(digit(power), base_digits);
  }
  if (scale_ == 0) return text;
  text.push_back('.');
  for (int shown = 0, power = -1; shown < scale_; shown += base_digits, --power) {
    add_group(digit(power), std::min(base_digits, scale_ - shown));
  }
  return text;
}

std::weak_ordering operator<=>(const Numeric& a, const Numeric& b) noexcept {
  const auto rank = [](const Numeric& n) {
    switch (n.sign_) {
      case Numeric::Sign::negative_infinity:
        return -2;
      case Numeric::Sign::negative:
        return -1;
      case Numeric::Sign::positive:
        return n.digits_.empty() ? 0 : 1;
      case Numeric::Sign::infinity:
        return 2;
      case Numeric::Sign::nan:
        return 3;
    }
    return 3;
  };
  const int rank_a = rank(a);
  if (const auto order = rank_a <=> rank(b); order != 0) return order;
  if (rank_a != -1 && rank_a != 1) return std::weak_ordering::equivalent;
  const Numeric& low = rank_a < 0 ? b : a;
  const Numeric& high = rank_a < 0 ? a : b;
  if (const auto order = low.weight_ <=> high.weight_; order != 0) return order;
  const int digits = low.digits_.compare(high.digits_);
  return digits <=> 0;
}

}  // namespace leat
