#include "cli/transform_option.hpp"

#include <CLI/CLI.hpp>

#include "cli/loaded_transform.hpp"
#include "cli/named_option.hpp"

namespace leat::cli {

void add_transform_option(CLI::App& command, Arguments& arguments) {
  auto* transform =
      command
          .add_option(
              "--transform", arguments.transform,
              "YAML or JSON file of steps (rename, filter, select, …) or SELECTs over input_data that the "
              "source, or with place: target that one, does with the rows")
          ->type_name("FILE");
  command
      .add_option("--store", arguments.store,
                  "The database that keeps the transforms which that one uses (use: clean_orders@3)")
      ->needs(transform)
      ->type_name("C");
}

TransformDocument read_transform_option(const Arguments& arguments, const CommandContext& context,
                                        const std::stop_token& stop) {
  if (arguments.transform.empty()) return {};
  return with_option_name("--transform", [&] {
    return TransformLoader(arguments, context).load_file(arguments.transform, stop).document;
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
