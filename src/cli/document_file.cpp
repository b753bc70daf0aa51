#include "cli/document_file.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <ctime>

#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/pipeline_file.hpp"
#include "leat/runs/store_transforms.hpp"

namespace leat::cli {
namespace {

/// "2026-11-30", of UTC.
std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 16> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts)};
}

}  // namespace

void add_param_options(CLI::App& command, Arguments& arguments) {
  add_repeated_option(command, "--param", arguments.parameters, "The value of one of the document's params",
                      "name=value");
  add_repeated_option(command, "--param-null", arguments.null_parameters, "One that is NULL", "name");
}

std::map<std::string, std::optional<std::string>> params_of(const Arguments& arguments) {
  std::map<std::string, std::optional<std::string>> params;
  const auto take = [&params](const std::string& name, std::optional<std::string> value) {
    if (!params.emplace(name, std::move(value)).second) {
      throw Error(ErrorKind::config, "parameter " + name + " is given twice");
    }
  };
  for (const auto& text : arguments.parameters) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(ErrorKind::config, "--param takes name=value", {.hint = "NULL is --param-null name"});
    }
    take(text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& name : arguments.null_parameters) {
    if (name.find('=') != std::string::npos) {
      throw Error(ErrorKind::config, "--param-null takes a name without a value",
                  {.hint = "a value is given by --param name=value"});
    }
    take(name, std::nullopt);
  }
  return params;
}

void add_store_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--store", arguments.store,
                  "The database of registered transforms and schemas (default: the document's store)")
      ->type_name("C");
}

PipelineDocument read_document_file(const Arguments& arguments, const CommandContext& context,
                                    const std::string& path, bool looks, Diagnostics& diagnostics,
                                    const std::stop_token& stop) {
  require_file_path(path);
  SubstitutionSources sources{.run = {{"date", today()}}, .stop = stop};
  for (const auto& [name, value] : params_of(arguments)) {
    if (value) sources.params.emplace(name, *value);
  }
  TransformsOfStore transforms = transforms_of_store(context.connections, arguments.store, context.log, stop);
  if (!looks) {
    transforms = [](const std::string&, const auto&) -> TransformSources {
      return {.find = [](const std::string&) -> std::shared_ptr<const SourceText> { return nullptr; }};
    };
  }
  return read_pipeline_file(path, sources, diagnostics, transforms);
}

PipelineDocument read_document_file(const Arguments& arguments, const CommandContext& context,
                                    const std::string& path, const std::stop_token& stop) {
  Diagnostics diagnostics;
  auto document = read_document_file(arguments, context, path, true, diagnostics, stop);
  if (!diagnostics.empty() && (diagnostics.has_error() || !arguments.quiet))
    print_error(to_text(diagnostics));
  if (!diagnostics.has_error()) return document;
  throw Error(ErrorKind::config,
              path + (diagnostics.errors() == 1 ? " has an error" : " has errors") + "; nothing was done");
}

}  // namespace leat::cli
