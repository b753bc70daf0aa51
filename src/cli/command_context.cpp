#include "cli/command_context.hpp"

#include <utility>

#include "cli/named_option.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

// Longer than any that is meant.
constexpr std::size_t longest_connection = 65'536;

ConnectionFactory connections_of(const std::string& file, const Logger& log, const std::stop_token& stop) {
  return with_option_name("--connections", [&] {
    require_file_path(file);
    return ConnectionFactory::from_file(file, log, stop);
  });
}

}  // namespace

CommandContext open_context(const Arguments& arguments, const std::stop_token& stop) {
  Logger log = Logger::to_stderr(parse_log_level(arguments.log_level), arguments.log_format, stop);
  auto connections =
      arguments.connections.empty() ? ConnectionFactory() : connections_of(arguments.connections, log, stop);
  return {.log = std::move(log), .connections = std::move(connections)};
}

ResolvedConnection resolved(const ConnectionFactory& connections, const std::string& option,
                            const std::string& value) {
  return with_option_name(option, [&] {
    if (value.size() > longest_connection) throw Error(ErrorKind::config, "the value is too long");
    return connections.resolve(value);
  });
}

}  // namespace leat::cli
