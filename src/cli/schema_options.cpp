#include "cli/schema_options.hpp"

#include <CLI/CLI.hpp>

#include "cli/value_checks.hpp"

namespace leat::cli {

void add_schema_options(CLI::App& command, Arguments& arguments) {
  command
      .add_flag("--create{columns}", arguments.create,
                "Make a missing target like the source, columns and primary key; --create=full also indexes, "
                "checks, identity and comments")
      ->transform(one_of({"columns", "full"}))
      ->option_text("[=columns|full]");
  command.add_flag("--evolve", arguments.evolve, "Add columns that the source has and the target lacks");
}

void set_schema_options(StreamOptions& stream, const Arguments& arguments) {
  if (!arguments.create.empty()) {
    stream.create = arguments.create == "full" ? CreateTarget::full : CreateTarget::columns;
  }
  stream.evolve = arguments.evolve;
}

}  // namespace leat::cli
