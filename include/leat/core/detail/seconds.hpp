#pragma once

#include <chrono>
#include <cstdio>
#include <string>

namespace leat::detail {

[[nodiscard]] inline double to_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// "3.21 s"
[[nodiscard]] inline std::string seconds_text(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", to_seconds(time));
  return text;
}

}  // namespace leat::detail
