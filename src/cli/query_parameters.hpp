#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// What the command line says of a query's parameters.
struct QueryParameters {
  std::map<std::string, std::optional<std::string>> values{};
  std::map<std::string, std::string> types{};  ///< of those that have one
};

void add_parameter_options(CLI::App& command, Arguments& arguments);

/// @throws Error (config) for one that has no name, is given twice, or is none of the query's; the nearest
/// one is suggested.
[[nodiscard]] QueryParameters query_parameters(const Arguments& arguments, const std::string& sql);

}  // namespace leat::cli
