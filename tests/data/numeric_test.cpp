#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "data/rows.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct NumericCase {
  const char* input;
  const char* printed;
  const char* sent;
};
const std::vector<NumericCase> server_cases = {
#include "numeric_cases.inc"
};

Numeric num(std::string_view text) {
  return Numeric::parse(text);
}

}  // namespace

TEST_CASE("Numeric: reads, prints and sends as the server does", "[data]") {
  REQUIRE(server_cases.size() > 300);
  for (const NumericCase& c : server_cases) {
    INFO(c.input);
    const Numeric value = num(c.input);
    CHECK(value.to_string() == c.printed);
    CHECK(sent(value, oid::numeric) == c.sent);
    const auto back = received<Numeric>(c.sent, oid::numeric);
    CHECK(back == value);
    CHECK(back.to_string() == c.printed);
    CHECK(back.scale() == value.scale());
  }
}

TEST_CASE("Numeric: the longest numbers keep every digit", "[data]") {
  const std::string whole = num("-9.99e131071").to_string();
  CHECK(whole.size() == 131073);
  CHECK(whole.starts_with("-99900"));
  CHECK(std::count(whole.begin(), whole.end(), '0') == 131069);
  CHECK(sent(num("1e131071"), oid::numeric) == "00017fff0000000003e8");
  const std::string fraction = num("1e-16383").to_string();
  CHECK(fraction.size() == 16385);
  CHECK(fraction.ends_with("01"));
}

TEST_CASE("Numeric: what the server refuses is an error that quotes it", "[data]") {
  for (const char* text : {"", " ", ".", "-", "+NaN", "1e", "1e+", "1e+-5", "--1", "1 2", "1..2", "1.2.3",
                           "0x10", "infinit", "abc", "1_000", "-nan", "1e5.5"}) {
    INFO(text);
    const std::string message = transform_error([&] { static_cast<void>(num(text)); });
    CHECK(message == "\"" + std::string(text) + "\" is not a number");
  }
  for (const char* text : {"1e131072", "1e-16384", "1e2147483647", "1e99999999999999999999"}) {
    INFO(text);
    CHECK(contains(transform_error([&] { static_cast<void>(num(text)); }), text));
  }
}

TEST_CASE("Numeric: orders as the server does, by value and not by scale", "[data]") {
  const std::vector<const char*> rising = {
      "-Infinity", "-1e20", "-10000.0001", "-10000", "-1.5",    "-0.0001", "0",        "0.00009", "0.0001",
      "1",         "1.5",   "9999",        "10000",  "10000.5", "1e20",    "Infinity", "NaN"};
  for (std::size_t i = 0; i < rising.size(); ++i) {
    for (std::size_t j = 0; j < rising.size(); ++j) {
      INFO(rising[i] << " and " << rising[j]);
      CHECK((num(rising[i]) <=> num(rising[j])) == (i <=> j));
    }
  }
  CHECK(num("1.0") == num("1.000"));
  CHECK(num("-0.00") == Numeric());
  CHECK(num("1.0").to_string() != num("1.000").to_string());
}

TEST_CASE("Numeric: converts to and from int64 exactly", "[data]") {
  using L = std::numeric_limits<std::int64_t>;
  for (const std::int64_t value : {L::min(), L::min() + 1, std::int64_t{-10000}, std::int64_t{-1},
                                   std::int64_t{0}, std::int64_t{9999}, std::int64_t{100000000}, L::max()}) {
    INFO(value);
    CHECK(Numeric(value).to_string() == std::to_string(value));
    CHECK(Numeric(value) == num(std::to_string(value)));
    CHECK(Numeric(value).to_int64() == value);
  }
  CHECK(num("12.000").to_int64() == 12);
  CHECK(num("1e18").to_int64() == 1000000000000000000);
  for (const char* text :
       {"0.5", "12.0001", "9223372036854775808", "-9223372036854775809", "1e30", "NaN", "Infinity"}) {
    INFO(text);
    CHECK_FALSE(transform_error([&] { static_cast<void>(num(text).to_int64()); }).empty());
  }
}

TEST_CASE("Numeric: converts to and from double explicitly", "[data]") {
  for (const double value : {0.0, 0.1, -1.5, 1e300, 5e-324, 1.7976931348623157e308, 123456789.123456789}) {
    CHECK(Numeric::from_double(value).to_double() == value);
  }
  CHECK(Numeric::from_double(0.1).to_string() == "0.1");
  CHECK(Numeric::from_double(std::nan("")).is_nan());
  CHECK(Numeric::from_double(-HUGE_VAL) == Numeric::negative_infinity());
  CHECK(std::isnan(Numeric::nan().to_double()));
  CHECK(num("-inf").to_double() == -HUGE_VAL);
  CHECK(num("1e400").to_double() == HUGE_VAL);
  CHECK(num("-1e400").to_double() == -HUGE_VAL);
  CHECK(num("1e-400").to_double() == 0.0);
}

TEST_CASE("Numeric: malformed bytes are errors", "[data]") {
  const auto fails = [](std::string_view bytes) {
    return transform_error([&] { static_cast<void>(received<Numeric>(bytes, oid::numeric)); });
  };
  CHECK(contains(fails(""), "header"));
  CHECK(contains(fails("00010000000000"), "header"));
  CHECK(contains(fails("0001000000000000"), "1 digits in 8 bytes"));
  CHECK(contains(fails("0000000000000000"
                       "0001"),
                 "0 digits in 10 bytes"));
  CHECK(contains(fails("ffff000000000000"), "65535 digits"));
  CHECK(contains(fails("0001000000000000"
                       "2710"),
                 "digit of 10000"));
  CHECK(contains(fails("0000000012340000"), "sign"));
  CHECK(contains(fails("0000000000004000"), "scale"));
}

TEST_CASE("Numeric: digits that the scale hides are cut off, as the server does", "[data]") {
  CHECK(received<Numeric>("0002000000000001"
                          "0001"
                          "1388",
                          oid::numeric)
            .to_string() == "1.5");
  CHECK(received<Numeric>("0002000000000001"
                          "0001"
                          "15b3",
                          oid::numeric) == num("1.5"));
  CHECK(received<Numeric>("0001fffe40000002"
                          "0001",
                          oid::numeric)
            .to_string() == "0.00");
}
