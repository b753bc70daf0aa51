#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "leat/postgres/session/session_options.hpp"

namespace leat::postgres_detail {

/// The limit of this name in the `options` that a session is started with ("-c lock_timeout=60s"), as the
/// server reads them: the last one holds. Nullopt: they have none, or one that the server refuses.
[[nodiscard]] std::optional<std::chrono::milliseconds> started_limit(std::string_view options,
                                                                     std::string_view name);

/// What a connection was started with, from wherever libpq has it; empty: nothing.
[[nodiscard]] std::string parameter_of(PGconn* conn, std::string_view keyword);

/// Gives each limit that is not set the value that the connection's own parameters have, the environment's
/// and a service file's among them, and else leat's own.
/// Once it has, doing so again changes nothing. A lock_timeout that is longer than reply_timeout extends
/// that.
/// @throws Error (config) for a connect_timeout that is no number.
void settle_limits(SessionOptions& options, PGconn* conn);

}  // namespace leat::postgres_detail
