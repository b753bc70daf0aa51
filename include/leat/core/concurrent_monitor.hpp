#pragma once

#include "leat/core/detail/concurrent_inbox.hpp"
#include "leat/core/hand_off.hpp"
#include "leat/core/monitor.hpp"

namespace leat {

/// Monitor's surface and promises with writers that do not wait for each other, for many threads and tiny
/// items. Thread-safe.
///
/// Only the order is weaker: items of one writing thread are read in the order in which it wrote them, while
/// items of different threads have none. A producer is therefore one thread: writing on from another thread
/// starts a new order.
template <class T, class Header = NoHeader>
using ConcurrentMonitor = Monitor<T, Header, detail::ConcurrentInbox<T>>;

static_assert(HandOff<ConcurrentMonitor<int>>);

}  // namespace leat
