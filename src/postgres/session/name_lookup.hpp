#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "postgres/session/wait.hpp"

namespace leat::postgres_detail {

/// What is known of a name after it was looked up.
enum class NameState {
  found,       ///< its addresses
  unknown,     ///< no name server and no /etc/hosts knows it; libpq may, by other ways of the system
  unanswered,  ///< no name server has answered in time
};

/// One name, and what became of it.
struct FoundName {
  std::string name{};
  NameState state = NameState::unanswered;
  /// In numbers, in the order in which they are to be tried.
  std::vector<std::string> addresses{};
};

/// How long names are waited for.
struct LookupLimits {
  /// The end for all of them, as long as none is found or known to be unknown.
  Clock::time_point deadline{};
  /// The end for the rest as soon as one is, or a moment later than that one: what is left of the time is for
  /// connecting with it.
  Clock::time_point rest{};
};

/// Where names are looked up, beside /etc/hosts.
struct NameLookupOptions {
  /// Name servers, "127.0.0.1:5353,…". Empty: those of /etc/resolv.conf.
  std::string servers{};
};

/// False in a build without c-ares, to which every name is unknown at once.
[[nodiscard]] bool looks_up_names() noexcept;

/// Looks several names up at the same time: in /etc/hosts, then by DNS, A and AAAA, as /etc/nsswitch.conf and
/// /etc/resolv.conf say. If half of the time is over, what A answers is enough. Returns as many, in the same
/// order. Any number of threads may do that at once, each with a WakeUp of its own. @throws Stopped as soon
/// as a stop is requested.
[[nodiscard]] std::vector<FoundName> look_up_names(std::span<const std::string> names, LookupLimits limits,
                                                   WakeUp& wake_up, const std::stop_token& stop,
                                                   const NameLookupOptions& options = {});

}  // namespace leat::postgres_detail
