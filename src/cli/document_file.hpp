#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "cli/arguments.hpp"
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

/// The document of a file; what is wrong with it goes to `diagnostics`. @throws Error (config) if the file
/// cannot be read.
[[nodiscard]] PipelineDocument read_document_file(const Arguments& arguments, const std::string& path,
                                                  Diagnostics& diagnostics, const std::stop_token& stop);
/// The same, in which nothing is wrong: warnings are printed. @throws Error (config), after all that is wrong
/// was printed.
[[nodiscard]] PipelineDocument read_document_file(const Arguments& arguments, const std::string& path,
                                                  const std::stop_token& stop);

}  // namespace leat::cli
