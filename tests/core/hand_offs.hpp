#pragma once

#include "leat/core/concurrent_monitor.hpp"
#include "leat/core/monitor.hpp"

/// The two implementations, for TEMPLATE_TEST_CASE: `typename TestType::template Of<T>`.
struct Locked {
  template <class T, class Header = leat::NoHeader>
  using Of = leat::Monitor<T, Header>;
};
struct LockFree {
  template <class T, class Header = leat::NoHeader>
  using Of = leat::ConcurrentMonitor<T, Header>;
};
