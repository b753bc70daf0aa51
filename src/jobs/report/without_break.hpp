#pragma once

#include <string>

namespace leat::jobs_detail {

/// The text without its last character, which is a line break.
[[nodiscard]] inline std::string without_break(std::string text) {
  text.pop_back();
  return text;
}

}  // namespace leat::jobs_detail
