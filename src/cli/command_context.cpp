#include "cli/command_context.hpp"

#include <utility>

namespace leat::cli {

CommandContext open_context(const Arguments& arguments, const std::stop_token& stop) {
  Logger log = Logger::to_stderr(parse_log_level(arguments.log_level), arguments.log_format, stop);
  auto connections = arguments.connections.empty()
                         ? ConnectionFactory()
                         : ConnectionFactory::from_file(arguments.connections, log, stop);
  return {.log = std::move(log), .connections = std::move(connections)};
}

}  // namespace leat::cli
