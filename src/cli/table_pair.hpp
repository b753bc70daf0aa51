#pragma once

#include "cli/arguments.hpp"
#include "cli/column_lists.hpp"
#include "cli/command_context.hpp"
#include "cli/shared_options.hpp"

namespace leat::cli {

/// Options of a job between a table of --source and one of --target: both sides, and --from, --to, --columns,
/// --exclude, --rename, --map, --where, --inheritance and --large-objects of the commands that have them.
/// @throws Error (config).
template <class Options>
[[nodiscard]] Options table_pair_options(const Arguments& arguments, const ConnectionFactory& connections) {
  Options options;
  options.source = resolved(connections, "--source", arguments.source);
  options.target = resolved(connections, "--target", arguments.target);
  options.table = {.from = arguments.from,
                   .to = arguments.to,
                   .columns = split_columns(arguments.columns),
                   .exclude = split_columns(arguments.exclude),
                   .rename = split_renames(arguments.renames),
                   .map = split_assignments(arguments.maps, "--map"),
                   .where = arguments.where,
                   .inheritance = inheritance_option(arguments),
                   .large_objects = arguments.large_objects};
  return options;
}

}  // namespace leat::cli
