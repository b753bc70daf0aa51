#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/pipeline_document.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --param and --param-null of commands that read documents.
void add_param_options(CLI::App& command, Arguments& arguments);
/// @throws Error (config) for one that is no name=value, or is given twice.
[[nodiscard]] std::map<std::string, std::optional<std::string>> params_of(const Arguments& arguments);

/// --store: the database of registered transforms and schemas.
void add_store_option(CLI::App& command, Arguments& arguments);

/// The document of a file; what is wrong with it goes to `diagnostics`. @throws Error (config) if the file
/// cannot be read.
/// `looks`: registered transforms are read from their store; else they are left out.
[[nodiscard]] PipelineDocument read_document_file(const Arguments& arguments, const CommandContext& context,
                                                  const std::string& path, bool looks,
                                                  Diagnostics& diagnostics, const std::stop_token& stop);
/// The same, in which nothing is wrong: warnings are printed. @throws Error (config), after all that is wrong
/// was printed.
[[nodiscard]] PipelineDocument read_document_file(const Arguments& arguments, const CommandContext& context,
                                                  const std::string& path, const std::stop_token& stop);

}  // namespace leat::cli
