#pragma once

#include <string_view>

#include "leat/core/detail/export.hpp"

// The version of these headers. The build, the packages and the command read it here, and nowhere else.

#define LEAT_VERSION_MAJOR 0
#define LEAT_VERSION_MINOR 1
#define LEAT_VERSION_PATCH 0

#define LEAT_DETAIL_TEXT_OF(number) #number
#define LEAT_DETAIL_JOINED(major, minor, patch) \
  LEAT_DETAIL_TEXT_OF(major) "." LEAT_DETAIL_TEXT_OF(minor) "." LEAT_DETAIL_TEXT_OF(patch)

/// The three numbers as a string literal: "1.2.3".
#define LEAT_VERSION LEAT_DETAIL_JOINED(LEAT_VERSION_MAJOR, LEAT_VERSION_MINOR, LEAT_VERSION_PATCH)

namespace leat {

/// The version of the library that is linked, as LEAT_VERSION was when that was compiled. Where
/// `leat::version() != LEAT_VERSION` a program was compiled with the headers of another release than it runs
/// with, which must not go on. Any thread.
[[nodiscard]] LEAT_EXPORT std::string_view version() noexcept;

}  // namespace leat
