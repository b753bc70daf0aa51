#pragma once

#include <exception>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/command_context.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace CLI {
class App;
}

// Commands that look at one table (--from) or at many (--include).
namespace leat::cli {

/// --include and what belongs to it; --exclude leaves out tables then, and columns otherwise. `only_one`: the
/// options of the command that are for one table. Call it when all options of the command are there.
void add_many_tables_options(CLI::App& command, Arguments& arguments, std::vector<std::string> only_one);

/// The options of CopyTables that choose tables and columns. @throws Error (config).
[[nodiscard]] CopyTablesOptions tables_options(const Arguments& arguments, const CommandContext& context);

/// What is said of one table.
struct TableOutcome {
  int code = 0;
  std::string json{};
  std::string text{};
};

/// What the library says of one table, a hint or a remark, in the options that the command has for many:
/// an option of one table is told as "verify --from T --key".
[[nodiscard]] std::string in_words_of_many(const Arguments& arguments, const TableName& table,
                                           std::string text);

/// Does `work` for each table that is chosen, one after the other, whatever comes of the others, prints what
/// each says, and returns the worst exit code: that of the first error, else the greatest.
[[nodiscard]] int run_for_tables(const Arguments& arguments, const CommandContext& context,
                                 const std::function<TableOutcome(TableSelection)>& work,
                                 const std::stop_token& stop);

}  // namespace leat::cli
