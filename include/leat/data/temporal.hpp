#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

#include "leat/core/detail/export.hpp"
#include "leat/data/codec.hpp"
#include "leat/data/type_oids.hpp"

namespace leat {

/// A date. Infinity is Date::max(), -infinity is Date::min().
using Date = std::chrono::sys_days;
/// A timestamp without time zone. Infinity is Timestamp::max(), -infinity is Timestamp::min().
using Timestamp = std::chrono::local_time<std::chrono::microseconds>;
/// A timestamp with time zone: an instant. Infinity is TimestampTz::max(), -infinity is TimestampTz::min().
using TimestampTz = std::chrono::sys_time<std::chrono::microseconds>;

/// False for infinity and -infinity.
template <typename Clock, typename Duration>
[[nodiscard]] constexpr bool is_finite(std::chrono::time_point<Clock, Duration> t) noexcept {
  using Point = std::chrono::time_point<Clock, Duration>;
  return t != Point::max() && t != Point::min();
}

/// A time of day, from 00:00:00 to 24:00:00, both included.
struct TimeOfDay {
  std::chrono::microseconds since_midnight{};
  friend auto operator<=>(const TimeOfDay&, const TimeOfDay&) = default;
};

/// A time of day with its offset from UTC. East is positive, as in "+02:00"; less than 16 hours in both
/// directions.
struct TimeTz {
  std::chrono::microseconds since_midnight{};
  std::chrono::seconds utc_offset{};
  friend bool operator==(const TimeTz&, const TimeTz&) = default;
};

/// An interval. It has three independent parts, as on the server: "1 mon" is neither 30 days nor 720 hours.
/// From PostgreSQL 17 on, infinity has all parts at their maximum, and -infinity has all parts at their
/// minimum.
struct Interval {
  std::int32_t months = 0;
  std::int32_t days = 0;
  std::chrono::microseconds time{};
  friend bool operator==(const Interval&, const Interval&) = default;
};

namespace detail {

// Microseconds and days since 1970 from those since 2000 and back, checked.
[[nodiscard]] LEAT_EXPORT std::int64_t timestamp_from_wire(std::int64_t wire);
[[nodiscard]] LEAT_EXPORT std::int64_t timestamp_to_wire(std::int64_t unix_microseconds);
[[nodiscard]] LEAT_EXPORT std::int32_t date_to_wire(Date date);
[[nodiscard]] LEAT_EXPORT Date date_from_wire(std::int32_t wire);
LEAT_EXPORT void check_time_of_day(std::int64_t microseconds);
LEAT_EXPORT void check_utc_offset(std::int64_t seconds);

}  // namespace detail

/// date: int32 days since 2000-01-01; INT32_MAX and INT32_MIN are the infinities (date_send). Writing a date
/// before 4713 BC or after 5874897 AD is an error.
template <>
struct Codec<Date> {
  static std::string name() { return "leat::Date"; }
  static bool accepts(Oid type) { return type == oid::date; }
  static Date decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 4);
    return detail::date_from_wire(detail::load<std::int32_t>(in.data()));
  }
  static void encode(Date value, Oid, FieldWriter& out) { out.integer(detail::date_to_wire(value)); }
};

/// timestamp: int64 microseconds since 2000-01-01; INT64_MAX and INT64_MIN are the infinities
/// (timestamp_send). The C++ type ends in January 294247. Reading one of the server's 30 years after that is
/// an error. Reading or writing a value before 4714-11-24 BC is an error too.
template <>
struct Codec<Timestamp> {
  static std::string name() { return "leat::Timestamp"; }
  static bool accepts(Oid type) { return type == oid::timestamp; }
  static Timestamp decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 8);
    return Timestamp(
        std::chrono::microseconds(detail::timestamp_from_wire(detail::load<std::int64_t>(in.data()))));
  }
  static void encode(Timestamp value, Oid, FieldWriter& out) {
    out.integer(detail::timestamp_to_wire(value.time_since_epoch().count()));
  }
};

/// timestamptz: the same format, in UTC (timestamptz_send).
template <>
struct Codec<TimestampTz> {
  static std::string name() { return "leat::TimestampTz"; }
  static bool accepts(Oid type) { return type == oid::timestamptz; }
  static TimestampTz decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 8);
    return TimestampTz(
        std::chrono::microseconds(detail::timestamp_from_wire(detail::load<std::int64_t>(in.data()))));
  }
  static void encode(TimestampTz value, Oid, FieldWriter& out) {
    out.integer(detail::timestamp_to_wire(value.time_since_epoch().count()));
  }
};

/// time: int64 microseconds since midnight (time_send).
template <>
struct Codec<TimeOfDay> {
  static std::string name() { return "leat::TimeOfDay"; }
  static bool accepts(Oid type) { return type == oid::time; }
  static TimeOfDay decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 8);
    const auto time = detail::load<std::int64_t>(in.data());
    detail::check_time_of_day(time);
    return {std::chrono::microseconds(time)};
  }
  static void encode(TimeOfDay value, Oid, FieldWriter& out) {
    detail::check_time_of_day(value.since_midnight.count());
    out.integer(std::int64_t{value.since_midnight.count()});
  }
};

/// timetz: int64 microseconds since midnight, int32 seconds west of UTC (timetz_send).
template <>
struct Codec<TimeTz> {
  static std::string name() { return "leat::TimeTz"; }
  static bool accepts(Oid type) { return type == oid::timetz; }
  static TimeTz decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 12);
    const auto time = detail::load<std::int64_t>(in.data());
    const std::int64_t east = -std::int64_t{detail::load<std::int32_t>(in.data() + 8)};
    detail::check_time_of_day(time);
    detail::check_utc_offset(east);
    return {std::chrono::microseconds(time), std::chrono::seconds(east)};
  }
  static void encode(const TimeTz& value, Oid, FieldWriter& out) {
    detail::check_time_of_day(value.since_midnight.count());
    detail::check_utc_offset(value.utc_offset.count());
    out.integer(std::int64_t{value.since_midnight.count()});
    out.integer(static_cast<std::int32_t>(-value.utc_offset.count()));
  }
};

/// interval: int64 microseconds, int32 days, int32 months (interval_send).
template <>
struct Codec<Interval> {
  static std::string name() { return "leat::Interval"; }
  static bool accepts(Oid type) { return type == oid::interval; }
  static Interval decode(std::span<const std::byte> in, Oid) {
    detail::expect_width(in, 16);
    return {.months = detail::load<std::int32_t>(in.data() + 12),
            .days = detail::load<std::int32_t>(in.data() + 8),
            .time = std::chrono::microseconds(detail::load<std::int64_t>(in.data()))};
  }
  static void encode(const Interval& value, Oid, FieldWriter& out) {
    out.integer(std::int64_t{value.time.count()});
    out.integer(value.days);
    out.integer(value.months);
  }
};

}  // namespace leat
