#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace leat::documents_detail {

/// "10s", "500ms", "5min", "2h" and "0" as milliseconds; nothing for all else, and for what no number holds.
[[nodiscard]] std::optional<std::uint64_t> milliseconds_of(std::string_view text);

/// The time in its largest unit of which it is a whole number: "90s", "2h".
[[nodiscard]] std::string duration_text(std::uint64_t milliseconds);

/// The size in its largest binary unit of which it is a whole number: "64KiB", "1500".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

// What texts have that milliseconds_of() and parse_bytes() read, as regular expressions of JSON Schema.
inline constexpr const char* duration_pattern = "^[0-9]+(ms|s|min|h)$";
inline constexpr const char* size_pattern =
    "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)? *"
    "([bB]|[kKmMgGtT][iI][bB]|[kKmMgGtT][bB]|[kKmM])?$";
inline constexpr const char* rate_pattern =
    "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)? *"
    "([bB]|[kKmMgGtT][iI][bB]|[kKmMgGtT][bB]|[kKmM])?( */s)?$";

}  // namespace leat::documents_detail
