#pragma once

#include <stop_token>
#include <string>

#include "cli/arguments.hpp"
#include "leat/core/log.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::cli {

/// What every command needs for its work.
struct CommandContext {
  Logger log;
  ConnectionFactory connections;  ///< those of --connections, LEAT_CONNECTIONS or the default file
};

/// @throws Error (config) for a connections file that cannot be read, (cancelled) after a stop.
[[nodiscard]] CommandContext open_context(const Arguments& arguments, const std::stop_token& stop);

/// What a connection option's value stands for. @throws Error (config) that names the option.
[[nodiscard]] ResolvedConnection resolved(const ConnectionFactory& connections, const std::string& option,
                                          const std::string& value);

}  // namespace leat::cli
