#include "cli/many_tables.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/column_lists.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/option_words.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/table_choice_options.hpp"
#include "leat/core/error.hpp"
#include "leat/jobs/report/detail/hint_words.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/jobs/select_tables.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::cli {
namespace {

bool is_given(const CLI::App& command, const std::string& option) {
  const CLI::Option* const found = command.get_option_no_throw(option);
  return found != nullptr && found->count() > 0;
}

void check_one_or_many(const CLI::App& command, Arguments& arguments,
                       const std::vector<std::string>& only_one) {
  if (arguments.include_tables.empty()) {
    if (arguments.from.empty()) throw CLI::RequiredError("--from or --include");
    for (const char* const option : {"--to-schema", "--rename-table", "--exclude-columns"}) {
      if (is_given(command, option)) {
        throw Error(ErrorKind::config, std::string(option) + " is for many tables, which --include chooses");
      }
    }
    if (arguments.exclude_tables.size() > 1) throw Error(ErrorKind::config, "--exclude is given twice");
    if (arguments.exclude_tables.empty()) return;
    if (!arguments.columns.empty()) throw Error(ErrorKind::config, "--exclude excludes --columns");
    arguments.exclude = std::exchange(arguments.exclude_tables, {}).front();
    static_cast<void>(split_columns(arguments.exclude));
    return;
  }
  for (const auto& option : only_one) {
    if (!is_given(command, option)) continue;
    throw Error(ErrorKind::config, option + " is for one table (--from), and --include chooses many");
  }
}

int worse(int a, int b) {
  const bool a_is_error = a != 0 && a != exit_different && a != exit_code(ErrorKind::verify);
  const bool b_is_error = b != 0 && b != exit_different && b != exit_code(ErrorKind::verify);
  if (a_is_error || b_is_error) return a_is_error ? a : b;
  return std::max(a, b);
}

}  // namespace

void add_many_tables_options(CLI::App& command, Arguments& arguments, std::vector<std::string> only_one) {
  add_repeated_option(command, "--include", arguments.include_tables,
                      "Instead of --from: tables, as in SQL with * and ?: 'sales.*'", "P...");
  add_repeated_option(command, "--exclude", arguments.exclude_tables,
                      "With --from: all columns but these, a,b; with --include: all tables but these, P...",
                      "WHAT");
  add_table_place_options(command, arguments);
  only_one.emplace_back("--from");
  only_one.emplace_back("--to");
  only_one.emplace_back("--columns");
  command.callback([&command, &arguments, only_one = std::move(only_one)] {
    check_one_or_many(command, arguments, only_one);
  });
}

CopyTablesOptions tables_options(const Arguments& arguments, const CommandContext& context) {
  CopyTablesOptions options{.source = resolved(context.connections, "--source", arguments.source),
                            .target = resolved(context.connections, "--target", arguments.target),
                            .include = arguments.include_tables,
                            .exclude = arguments.exclude_tables,
                            .inheritance = inheritance_option(arguments),
                            .large_objects = arguments.large_objects};
  options.stream.log = context.log;
  set_limits(options.stream.limits, arguments);
  set_table_choices(options, arguments);
  return options;
}

std::string in_words_of_many(const Arguments& arguments, const TableName& table, std::string text) {
  const std::string of_one = arguments.command == Command::diff ? "diff --from T" : "verify --from T";
  return arguments.hints.in_hint(jobs_detail::hint_of_tables(std::move(text), table, of_one));
}

int run_for_tables(const Arguments& arguments, const CommandContext& context,
                   const std::function<TableOutcome(TableSelection)>& work, const std::stop_token& stop) {
  int code = 0;
  std::string text;
  auto tables = nlohmann::ordered_json::array();
  for (auto& selection : select_tables(tables_options(arguments, context), stop)) {
    const auto table = TableName::parse(selection.from);
    const std::string name = table.display();
    TableOutcome outcome;
    try {
      outcome = work(std::move(selection));
    } catch (const Error& thrown) {
      if (thrown.kind() == ErrorKind::cancelled) throw;
      const Error error = arguments.hints.in_error(
          thrown.with_hint(in_words_of_many(arguments, table, std::string(thrown.hint()))));
      outcome = {
          .code = exit_code(error.kind()), .json = to_json(error), .text = name + "\n" + error_text(error)};
    }
    code = worse(code, outcome.code);
    text += outcome.text;
    auto one = nlohmann::ordered_json::parse(outcome.json);
    one["table"] = name;
    one["exit_code"] = outcome.code;
    tables.push_back(std::move(one));
  }
  const auto good = std::count_if(tables.begin(), tables.end(),
                                  [](const auto& table) { return table.at("exit_code") == 0; });
  text += std::to_string(good) + " of " + std::to_string(tables.size()) + " tables are equal\n";
  const nlohmann::ordered_json report{
      {"status", code == 0                                                                  ? "equal"
                 : worse(code, 0) == exit_different || code == exit_code(ErrorKind::verify) ? "different"
                                                                                            : "failed"},
      {"tables", tables}};
  print_report(output_of(arguments, code), report.dump(), text);
  return code;
}

}  // namespace leat::cli
