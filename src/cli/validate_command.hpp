#pragma once

#include <stop_token>

#include "cli/arguments.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

CLI::App* add_validate_command(CLI::App& app, Arguments& arguments);
/// Tells what is wrong with documents. Returns the exit code. @throws Error
int run_validate(const Arguments& arguments, const std::stop_token& stop);

CLI::App* add_schema_file_command(CLI::App& app, Arguments& arguments);
/// Prints the JSON Schema of documents.
int run_schema_file();

}  // namespace leat::cli
