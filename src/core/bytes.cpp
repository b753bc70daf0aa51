#include "leat/core/bytes.hpp"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <ostream>
#include <utility>

#include "leat/core/error.hpp"

namespace leat {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 12> byte_units{{
    {"", 1.0},
    {"b", 1.0},
    {"kib", 0x1p10},
    {"mib", 0x1p20},
    {"gib", 0x1p30},
    {"tib", 0x1p40},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"k", 0x1p10},
    {"m", 0x1p20},
}};

std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) result += (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::optional<ByteCount> read_bytes(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const std::string unit = lower(rest);
  for (const auto& [name, factor] : byte_units) {
    const double bytes = number * factor;
    if (unit == name && bytes < 0x1p62) return ByteCount{static_cast<std::uint64_t>(bytes)};
  }
  return std::nullopt;
}

}  // namespace

ByteCount parse_bytes(std::string_view text) {
  if (const auto bytes = read_bytes(text)) return *bytes;
  throw Error(
      ErrorKind::config,
      fmt::format("\"{}\" is not a size: write a number and a unit, such as 4096, 64KiB or 1.5MiB", text));
}

ByteCount parse_byte_rate(std::string_view text) {
  std::string_view amount = text;
  if (amount.ends_with("/s")) {
    amount.remove_suffix(2);
    while (!amount.empty() && amount.back() == ' ') amount.remove_suffix(1);
  }
  if (const auto bytes = read_bytes(amount)) return *bytes;
  throw Error(ErrorKind::config,
              fmt::format("\"{}\" is not a rate: write a size for each second, such as 50MiB/s", text));
}

std::string format_bytes(ByteCount bytes) {
  static constexpr std::array<const char*, 5> names{"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes.count() < 1024) return fmt::format("{} B", bytes.count());
  double value = static_cast<double>(bytes.count());
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < names.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, names[unit]);
}

std::ostream& operator<<(std::ostream& out, ByteCount bytes) {
  return out << format_bytes(bytes);
}

}  // namespace leat
