#pragma once

namespace leat::sqlstate {

/// Another session holds the lock for longer than lock_timeout, or the statement had NOWAIT.
inline constexpr const char* lock_not_available = "55P03";

}  // namespace leat::sqlstate
