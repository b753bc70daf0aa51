#include "documents/value_units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace leat::documents_detail {
namespace {

using Unit = std::pair<std::string_view, std::uint64_t>;

constexpr std::array<Unit, 4> times{{{"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 4> sizes{
    {{"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}, {"TiB", 1ULL << 40U}}};

}  // namespace

std::optional<std::uint64_t> milliseconds_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && number == 0) return 0;
  for (const auto& [name, factor] : times) {
    if (unit == name && number <= std::numeric_limits<std::uint64_t>::max() / factor) return number * factor;
  }
  return std::nullopt;
}

std::string duration_text(std::uint64_t milliseconds) {
  if (milliseconds == 0) return "0";
  std::string text;
  for (const auto& [name, factor] : times) {
    if (milliseconds % factor == 0) text = std::to_string(milliseconds / factor).append(name);
  }
  return text;
}

std::string size_text(std::uint64_t bytes) {
  std::string text = std::to_string(bytes);
  for (const auto& [name, factor] : sizes) {
    if (bytes > 0 && bytes % factor == 0) text = std::to_string(bytes / factor).append(name);
  }
  return text;
}

}  // namespace leat::documents_detail
