#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A numeric, exactly as PostgreSQL holds it: digits in base 10000, their weight, a sign and a display scale;
/// or NaN, Infinity, -Infinity. A value type without arithmetic. Values of up to 28 digits need no
/// allocation.
///
/// Numbers compare by value: 1.0 equals 1.00. NaN equals itself and is greater than all other values, as on
/// the server. Source: src/backend/utils/adt/numeric.c of PostgreSQL.
class LEAT_EXPORT Numeric {
 public:
  /// Zero.
  Numeric() = default;
  explicit Numeric(std::int64_t value);

  /// Parses the server's notation: "-12.50", "1e-3", ".5", "NaN", "-Infinity", "inf". Spaces around it are
  /// allowed.
  /// @throws Error (transform) that quotes the text, also if it has more digits than the type allows.
  [[nodiscard]] static Numeric parse(std::string_view text);

  /// The shortest decimal number that reads back as the same double.
  [[nodiscard]] static Numeric from_double(double value);

  [[nodiscard]] static Numeric nan();
  [[nodiscard]] static Numeric infinity();
  [[nodiscard]] static Numeric negative_infinity();

  [[nodiscard]] bool is_nan() const noexcept { return sign_ == Sign::nan; }
  [[nodiscard]] bool is_infinite() const noexcept {
    return sign_ == Sign::infinity || sign_ == Sign::negative_infinity;
  }
  [[nodiscard]] bool is_finite() const noexcept { return !is_nan() && !is_infinite(); }
  [[nodiscard]] bool is_zero() const noexcept { return is_finite() && digits_.empty(); }
  [[nodiscard]] bool is_negative() const noexcept {
    return sign_ == Sign::negative || sign_ == Sign::negative_infinity;
  }

  /// Number of digits shown after the point, 0 to 16383. It affects how the value is printed, but not its
  /// size.
  [[nodiscard]] std::uint16_t scale() const noexcept { return scale_; }

  /// The value as an integer.
  /// @throws Error (transform) if it has a fraction, is not finite, or does not fit.
  [[nodiscard]] std::int64_t to_int64() const;

  /// The nearest double; an infinity or zero if the value is beyond the range of double.
  [[nodiscard]] double to_double() const;

  /// The text that the server prints, exactly.
  [[nodiscard]] std::string to_string() const;

  friend LEAT_EXPORT std::weak_ordering operator<=>(const Numeric& a, const Numeric& b) noexcept;
  friend bool operator==(const Numeric& a, const Numeric& b) noexcept { return (a <=> b) == 0; }

 private:
  friend struct Codec<Numeric>;

  static constexpr int base = 10000;     // of a digit
  static constexpr int base_digits = 4;  // decimal digits that one of them stands for
  static constexpr std::uint16_t max_scale = 0x3fff;

  // The numbers are those of the wire format.
  enum class Sign : std::uint16_t {
    positive = 0x0000,
    negative = 0x4000,
    nan = 0xC000,
    infinity = 0xD000,
    negative_infinity = 0xF000,
  };

  explicit Numeric(Sign sign) : sign_(sign) {}
  static Numeric from_wire(std::span<const std::byte> in);
  void to_wire(FieldWriter& out) const;
  /// Drops leading and trailing zeros and the digits that the scale hides.
  void normalise();
  void check_range(std::string_view text, std::int64_t weight, std::int64_t scale);
  /// The base-10000 digit that counts 10000^power.
  [[nodiscard]] unsigned digit(int power) const noexcept {
    const int i = weight_ - power;
    return i >= 0 && i < static_cast<int>(digits_.size()) ? digits_[static_cast<std::size_t>(i)] : 0U;
  }

  // Invariant: neither the first nor the last digit is zero; zero has no digits, weight 0 and a positive
  // sign.
  std::u16string digits_;  // base 10000, most significant first; short ones lie in the object itself
  int weight_ = 0;         // the first digit counts 10000^weight_
  Sign sign_ = Sign::positive;
  std::uint16_t scale_ = 0;
};

/// numeric: int16 digit count, int16 weight, uint16 sign, uint16 display scale, and the base-10000 digits as
/// int16 (numeric_send).
template <>
struct Codec<Numeric> {
  static std::string name() { return "leat::Numeric"; }
  static bool accepts(Oid type) { return type == oid::numeric; }
  static Numeric decode(std::span<const std::byte> in, Oid) { return Numeric::from_wire(in); }
  static void encode(const Numeric& value, Oid, FieldWriter& out) { value.to_wire(out); }
};

}  // namespace leat
