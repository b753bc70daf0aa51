#pragma once

#include "core/watchdog.hpp"
#include "leat/core/concurrent_monitor.hpp"
#include "leat/core/monitor.hpp"

/// A hand-off that ends everybody who waits at it once the test's time is over.
template <class HandOff>
class Watched : public HandOff {
 public:
  using HandOff::HandOff;

 private:
  Watchdog::Release release_{[this] { this->fail(nullptr); }};
};

template <class T, class Header = leat::NoHeader>
using WatchedMonitor = Watched<leat::Monitor<T, Header>>;

/// The two implementations, for TEMPLATE_TEST_CASE: `typename TestType::template Of<T>`.
struct Locked {
  template <class T, class Header = leat::NoHeader>
  using Of = WatchedMonitor<T, Header>;
};
struct LockFree {
  template <class T, class Header = leat::NoHeader>
  using Of = Watched<leat::ConcurrentMonitor<T, Header>>;
};
