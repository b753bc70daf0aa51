#include "cli/transform_option.hpp"

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/substitution.hpp"

namespace leat::cli {

void add_transform_option(CLI::App& command, Arguments& arguments) {
  command
      .add_option(
          "--transform", arguments.transform,
          "YAML or JSON file of steps (rename, filter, select, …) or SELECTs over input_data that the "
          "source does with the rows")
      ->type_name("FILE");
}

TransformDocument read_transform_option(const Arguments& arguments, const std::stop_token& stop) {
  if (arguments.transform.empty()) return {};
  return with_option_name("--transform", [&] {
    require_file_path(arguments.transform);
    const auto source = SourceText::of_file(arguments.transform, stop);
    Diagnostics diagnostics;
    TransformDocument transforms;
    if (auto root = read_document(source, diagnostics)) {
      substitute(*root, {.directory = std::filesystem::path(arguments.transform).parent_path(), .stop = stop},
                 diagnostics);
      transforms = read_transforms(*root, "", diagnostics);
    }
    if (!diagnostics.empty() && (diagnostics.has_error() || !arguments.quiet)) {
      print_error(to_text(diagnostics));
    }
    if (!diagnostics.has_error()) return transforms;
    throw Error(ErrorKind::config, arguments.transform +
                                       (diagnostics.errors() == 1 ? " has an error" : " has errors") +
                                       "; nothing was done");
  });
}

std::string with_sql_of(const std::string& query, const TransformDocument& transforms) {
  std::string all = query;
  for (const auto& node : transforms.origins) {
    if (node.kind == NodeKind::scalar) all += "\n" + node.text;
  }
  return all;
}

}  // namespace leat::cli
