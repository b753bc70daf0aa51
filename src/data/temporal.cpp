#include "leat/data/temporal.hpp"

#include <limits>
#include <string>

namespace leat::detail {

// Bounds as in PostgreSQL's src/include/datatype/timestamp.h.
namespace {

constexpr std::int32_t epoch_days = 10957;                     // 1970-01-01 to 2000-01-01
constexpr std::int64_t epoch_microseconds = 946684800000000;   // the same
constexpr std::int64_t first_timestamp = -211813488000000000;  // 4714-11-24 BC, since 2000
constexpr std::int32_t first_date = -2451545;                  // Julian day 0, since 2000
constexpr std::int32_t end_date = 2147483494 - 2451545;        // the day after the last one, since 2000
constexpr std::int64_t day_microseconds = 86400000000;
constexpr std::int64_t end_utc_offset = 16 * 3600;

template <typename I>
using Limits = std::numeric_limits<I>;

}  // namespace

std::int64_t timestamp_from_wire(std::int64_t wire) {
  using L = Limits<std::int64_t>;
  if (wire == L::max() || wire == L::min()) return wire;
  if (wire < first_timestamp || wire >= L::max() - epoch_microseconds) {
    fail_decode("the timestamp " + std::to_string(wire) + " us from 2000-01-01 is out of range");
  }
  return wire + epoch_microseconds;
}

std::int64_t timestamp_to_wire(std::int64_t unix_microseconds) {
  using L = Limits<std::int64_t>;
  if (unix_microseconds == L::max() || unix_microseconds == L::min()) return unix_microseconds;
  if (unix_microseconds < first_timestamp + epoch_microseconds) {
    fail_decode("the timestamp " + std::to_string(unix_microseconds) +
                " us from 1970-01-01 is out of range: the first one is in 4714 BC");
  }
  return unix_microseconds - epoch_microseconds;
}

Date date_from_wire(std::int32_t wire) {
  using L = Limits<std::int32_t>;
  if (wire == L::max()) return Date::max();
  if (wire == L::min()) return Date::min();
  if (wire < first_date || wire >= end_date) {
    fail_decode("the date " + std::to_string(wire) + " days from 2000-01-01 is out of range");
  }
  return Date(std::chrono::days(wire + epoch_days));
}

std::int32_t date_to_wire(Date date) {
  using L = Limits<std::int32_t>;
  if (date == Date::max()) return L::max();
  if (date == Date::min()) return L::min();
  const std::int64_t days = date.time_since_epoch().count();
  if (days < std::int64_t{first_date} + epoch_days || days >= std::int64_t{end_date} + epoch_days) {
    fail_decode("the date " + std::to_string(days) +
                " days from 1970-01-01 is out of range: 4714-11-24 BC to 5874897-12-31");
  }
  return static_cast<std::int32_t>(days - epoch_days);
}

void check_time_of_day(std::int64_t microseconds) {
  if (microseconds < 0 || microseconds > day_microseconds) {
    fail_decode("the time " + std::to_string(microseconds) +
                " us from midnight is out of range: 0 to 24 hours");
  }
}

void check_utc_offset(std::int64_t seconds) {
  if (seconds <= -end_utc_offset || seconds >= end_utc_offset) {
    fail_decode("the offset from UTC of " + std::to_string(seconds) +
                " s is out of range: less than 16 hours either way");
  }
}

}  // namespace leat::detail
