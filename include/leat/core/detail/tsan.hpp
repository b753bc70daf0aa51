#pragma once

// ThreadSanitizer does not model fences. Code that synchronises by a fence tells it so with these. In other
// builds they do nothing.

#if defined(__SANITIZE_THREAD__)
#define LEAT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEAT_TSAN 1
#endif
#endif

#ifdef LEAT_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace leat::detail {

/// A base class for objects that are created in memory where another thread has destroyed an object, ordered
/// by a fence. Announces that order to ThreadSanitizer.
class ReusedPlace {
#ifdef LEAT_TSAN
 public:
  ReusedPlace() noexcept {
    __tsan_acquire(this);
  }
  ReusedPlace(const ReusedPlace&) noexcept {
    __tsan_acquire(this);
  }
  ReusedPlace& operator=(const ReusedPlace&) noexcept {
    return *this;
  }
  ~ReusedPlace() {
    __tsan_release(this);
  }
#endif
};

}  // namespace leat::detail
