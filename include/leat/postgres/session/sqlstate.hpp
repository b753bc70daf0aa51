#pragma once

namespace leat::sqlstate {

/// Another session holds the lock for longer than lock_timeout, or the statement had NOWAIT.
inline constexpr const char* lock_not_available = "55P03";
/// The server has no session left to give, or none to this role or database.
inline constexpr const char* too_many_connections = "53300";
/// There is no table of that name.
inline constexpr const char* undefined_table = "42P01";

}  // namespace leat::sqlstate
