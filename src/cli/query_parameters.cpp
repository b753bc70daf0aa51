#include "cli/query_parameters.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "cli/nearest.hpp"
#include "cli/shared_options.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::cli {
namespace {

// As long as a name in PostgreSQL can be.
constexpr std::size_t longest_told = 63;

std::string with_colons(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? ":" : ", :") + name;
  return text;
}

/// Takes "name" or "name::type" with its value. `option` is what it was given by.
void take_parameter(QueryParameters& taken, const std::string& option, const std::string& left,
                    std::optional<std::string> value) {
  const auto colons = left.find("::");
  const std::string name = left.substr(0, colons);
  // What stands there instead may be a value that nobody else is to see.
  if (name.empty()) {
    throw Error(ErrorKind::config,
                option + " takes " + (value ? "name=value" : "a name") + ", and one of them has no name");
  }
  if (!taken.values.emplace(name, std::move(value)).second) {
    throw Error(ErrorKind::config, "parameter " + name + " is given twice");
  }
  if (colons == std::string::npos) return;
  const std::string type = left.substr(colons + 2);
  if (type.find_first_not_of(" \t") == std::string::npos) {
    throw Error(ErrorKind::config, option + " " + left + ": no type stands behind the ::",
                {.hint = "write " + option + " " + name + "::timestamptz, or leave the :: out"});
  }
  taken.types.emplace(name, type);
}

}  // namespace

void add_parameter_options(CLI::App& command, Arguments& arguments) {
  add_repeated_option(command, "--param", arguments.parameters,
                      "A parameter's value; once for each; name::type=value gives it a type", "name=value");
  add_repeated_option(command, "--param-null", arguments.null_parameters,
                      "A parameter that is NULL; once for each", "name");
}

QueryParameters query_parameters(const Arguments& arguments, const std::string& sql) {
  QueryParameters taken;
  for (const auto& text : arguments.parameters) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) take_parameter(taken, "--param", "", "");
    take_parameter(taken, "--param", text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& text : arguments.null_parameters) {
    if (text.find('=') != std::string::npos) {
      throw Error(ErrorKind::config, "--param-null takes a name without a value",
                  {.hint = "a value is given by --param name=value"});
    }
    take_parameter(taken, "--param-null", text, std::nullopt);
  }
  const auto names = parse_named_parameters(sql).names;
  for (const auto& [name, value] : taken.values) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    const std::string option = value ? "--param" : "--param-null";
    const std::string told = name.size() > longest_told ? shown(":" + name) : ":" + name;
    throw Error(ErrorKind::config,
                option + ": the query has no parameter " + told + did_you_mean(name, names),
                {.hint = names.empty() ? "a parameter stands in the query as :name"
                                       : "it has " + with_colons(names)});
  }
  return taken;
}

}  // namespace leat::cli
