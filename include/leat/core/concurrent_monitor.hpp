#pragma once

#include "leat/core/detail/concurrent_inbox.hpp"
#include "leat/core/hand_off.hpp"
#include "leat/core/monitor.hpp"

namespace leat {

/// A Monitor whose writers do not wait for each other, for many threads and tiny items. It has the interface
/// and the guarantees of Monitor, except for the order. Thread-safe.
///
/// The order is weaker: items of one writing thread are read in the order in which it wrote them. Items of
/// different threads have no order. So a producer is one thread: if it goes on writing from another thread, a
/// new order begins.
template <class T, class Header = NoHeader>
using ConcurrentMonitor = Monitor<T, Header, detail::ConcurrentInbox<T>>;

static_assert(HandOff<ConcurrentMonitor<int>>);

}  // namespace leat
