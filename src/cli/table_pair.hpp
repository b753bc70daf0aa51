#pragma once

#include "cli/arguments.hpp"
#include "cli/column_lists.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat::cli {

/// Options of a job between a table of --source and one of --target, with what each such command has: both
/// sides, --from, --to, --columns, --exclude and --rename. @throws Error (config).
template <class Options>
[[nodiscard]] Options table_pair_options(const Arguments& arguments, const ConnectionFactory& connections) {
  Options options;
  options.source = connections.resolve(arguments.source);
  options.target = connections.resolve(arguments.target);
  options.from = arguments.from;
  options.to = arguments.to;
  options.columns = split_columns(arguments.columns);
  options.exclude = split_columns(arguments.exclude);
  options.rename = split_renames(arguments.renames);
  return options;
}

}  // namespace leat::cli
