#include "cli/table_choice_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "cli/nearest.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/error.hpp"

namespace leat::cli {
namespace {

/// What stands left and right of the first = outside of double quotes.
std::pair<std::string, std::string> split_pair(const std::string& text, const std::string& option,
                                               const std::string& form) {
  bool quoted = false;
  const auto equals = std::find_if(text.begin(), text.end(), [&quoted](char c) {
    if (c == '"') quoted = !quoted;
    return c == '=' && !quoted;
  });
  if (equals == text.begin() || equals == text.end() || equals + 1 == text.end()) {
    throw Error(ErrorKind::config, option + " takes " + form + ", not " + shown(text));
  }
  return {std::string(text.begin(), equals), std::string(equals + 1, text.end())};
}

/// A column needs a table before it.
void check_column(const std::string& text, const std::string& option) {
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '.' && !quoted) return;
  }
  throw Error(ErrorKind::config, option + " takes S.T.a, a column of a table, not " + shown(text),
              {.hint = "*.*.a is that column of every table"});
}

}  // namespace

void add_table_place_options(CLI::App& command, Arguments& arguments) {
  command
      .add_option("--to-schema", arguments.to_schema,
                  "The target's schema for all tables (default: that of the source's name)")
      ->transform(schema_name())
      ->type_name("S");
  add_repeated_option(command, "--rename-table", arguments.table_renames,
                      "Table S.T goes into S2.T2; of a pattern, * on the right is what * on the left stands "
                      "for: 'sales.tmp_*=old.*'",
                      "S.T=S2.T2");
  add_repeated_option(command, "--exclude-columns", arguments.excluded_columns,
                      "All columns but these: 'sales.orders.note', '*.*.tmp_*'", "S.T.a");
}

void add_table_choice_options(CLI::App& command, Arguments& arguments) {
  add_table_place_options(command, arguments);
  add_repeated_option(command, "--map", arguments.maps,
                      "The target's column b of these tables gets the value of an SQL expression over the "
                      "source's columns: '*.*.email=md5(email)'",
                      "S.T.b=SQL");
}

void set_table_choices(CopyTablesOptions& options, const Arguments& arguments) {
  options.to_schema = arguments.to_schema;
  for (const auto& text : arguments.table_renames) {
    auto [from, to] = split_pair(text, "--rename-table", "S.T=S2.T2");
    options.rename_tables.push_back({.from = std::move(from), .to = std::move(to)});
  }
  for (const auto& text : arguments.maps) {
    auto [column, sql] = split_pair(text, "--map", "S.T.b=SQL");
    check_column(column, "--map");
    options.map.push_back({.column = std::move(column), .sql = std::move(sql)});
  }
  for (const auto& text : arguments.excluded_columns) check_column(text, "--exclude-columns");
  options.exclude_columns = arguments.excluded_columns;
}

}  // namespace leat::cli
