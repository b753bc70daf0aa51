#pragma once

#include <chrono>

namespace leat::test {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define LEAT_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define LEAT_TEST_SANITIZED 1
#endif
#endif

#ifdef LEAT_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// The longest that anything may take that is to end by itself.
inline constexpr std::chrono::seconds patience{sanitized ? 120 : 60};

/// A limit that is promised to users: it holds as it is, but not for what a sanitizer slows down.
[[nodiscard]] constexpr std::chrono::milliseconds promised(std::chrono::milliseconds limit) {
  return sanitized ? 10 * limit : limit;
}

}  // namespace leat::test
