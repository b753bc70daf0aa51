#pragma once

#include "cli/arguments.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"

namespace CLI {
class App;
}

namespace leat::cli {

/// --to-schema, --rename-table and --exclude-columns of commands that look at many tables.
void add_table_place_options(CLI::App& command, Arguments& arguments);

/// --to-schema, --rename-table, --map and --exclude-columns of commands for many tables.
void add_table_choice_options(CLI::App& command, Arguments& arguments);

/// @throws Error (config) for what is no pair.
void set_table_choices(CopyTablesOptions& options, const Arguments& arguments);

}  // namespace leat::cli
