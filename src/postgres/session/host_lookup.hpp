#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/postgres/session/connection_target.hpp"
#include "postgres/session/wait.hpp"

namespace leat::postgres_detail {

/// What is known of a host's name: its addresses, or why there are none.
struct HostAddresses {
  std::vector<std::string> addresses{};
  std::string failure{};
};

using HostLookup = std::function<HostAddresses(const std::string& name)>;

/// The system's own: hosts files, name servers. It may take its time, and cannot be interrupted.
[[nodiscard]] HostAddresses look_up_host(const std::string& name);

/// The target, with the addresses of its hosts beside their names: libpq would look these up itself, and
/// hear nothing meanwhile. A host with several addresses stands there as often. Names in service files are
/// left to libpq. A `lookup` that does not return in time goes on in a thread of its own, which ends with it.
/// @throws Error (`side`, 08001) where no host has an address, or on the deadline; Stopped.
[[nodiscard]] ConnectionTarget with_addresses(ConnectionTarget target, ErrorKind side,
                                              Clock::time_point deadline, const std::stop_token& stop,
                                              const HostLookup& lookup = look_up_host);

}  // namespace leat::postgres_detail
