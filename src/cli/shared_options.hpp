#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "leat/jobs/options/inheritance.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace leat::cli {

/// --source or --target, which is required.
void add_database_option(CLI::App& command, const std::string& name, std::string& value,
                         const std::string& help);

/// --connections.
void add_connections_option(CLI::App& command, Arguments& arguments);

/// --from, which is required, and --to. `or_many`: --include may be there instead.
void add_table_options(CLI::App& command, Arguments& arguments, const std::string& from_help,
                       const std::string& to_help, bool or_many = false);

/// --columns and --exclude, of which one may be there. `or_many`: see add_many_tables_options() for
/// --exclude.
void add_column_options(CLI::App& command, Arguments& arguments, bool or_many = false);

/// --inheritance.
void add_inheritance_option(CLI::App& command, Arguments& arguments);

/// --large-objects.
void add_large_objects_option(CLI::App& command, Arguments& arguments, const std::string& help);

/// What --inheritance says; Inheritance::refuse without it.
[[nodiscard]] Inheritance inheritance_option(const Arguments& arguments);

/// One that may be there many times, each time with one value. Returns it.
CLI::Option* add_repeated_option(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                                 const std::string& help, const std::string& value_name);

/// --output. Returns it.
CLI::Option* add_output_option(CLI::App& command, Arguments& arguments,
                               const std::string& help = "text or json: the report on standard output");

/// --log-level and --log-format.
void add_log_options(CLI::App& command, Arguments& arguments);

}  // namespace leat::cli
