#include "cli/command_context.hpp"

#include <cstdlib>
#include <utility>

#include "cli/named_option.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

// Longer than any that is meant.
constexpr std::size_t longest_connection = 65'536;

ConnectionFactory read_connections(const std::string& file, const Logger& log, const std::stop_token& stop) {
  require_file_path(file);
  return ConnectionFactory::from_file(file, log, stop);
}

/// A file that nobody has asked for is read where an id is looked for, and else may be as it is.
bool looks_for_ids(const Arguments& arguments) {
  return !ConnectionTarget::looks_like_conninfo(arguments.source) ||
         !ConnectionTarget::looks_like_conninfo(arguments.target) ||
         !ConnectionTarget::looks_like_conninfo(arguments.store) ||
         arguments.command == Command::connections ||
         (arguments.command == Command::join && !arguments.has_source);
}

ConnectionFactory connections_of(const Arguments& arguments, const Logger& log, const std::stop_token& stop) {
  if (!arguments.connections.empty()) {
    return with_option_name("--connections",
                            [&] { return read_connections(arguments.connections, log, stop); });
  }
  const auto file = ConnectionFactory::default_file();
  if (!file || !looks_for_ids(arguments)) return {};
  if (std::getenv("LEAT_CONNECTIONS") == nullptr) return read_connections(*file, log, stop);
  return with_option_name("LEAT_CONNECTIONS", [&] { return read_connections(*file, log, stop); });
}

}  // namespace

CommandContext open_context(const Arguments& arguments, const std::stop_token& stop) {
  const LogLevel level = parse_log_level(arguments.log_level);
  Logger log = arguments.hints.in_log(level, Logger::to_stderr(level, arguments.log_format, stop));
  auto connections = connections_of(arguments, log, stop);
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
