#include "cli/verify_command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "cli/column_lists.hpp"
#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/many_tables.hpp"
#include "cli/output.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/table_pair.hpp"
#include "cli/value_checks.hpp"
#include "leat/jobs/verify_table.hpp"

namespace leat::cli {
CLI::App* add_verify_command(CLI::App& app, Arguments& arguments) {
  auto* command =
      app.add_subcommand("verify", "Compare a table with its copy in another database; change nothing");
  add_database_option(*command, "--source", arguments.source,
                      "Where the table is: a URI, a keyword string, or an id from the connections file");
  add_database_option(*command, "--target", arguments.target, "Where its copy is: the same");
  add_table_options(*command, arguments, "Table or view, as in SQL: orders, '\"Sales\".\"Order\"'",
                    "What to compare it with (default: named as --from)", true);
  add_column_options(*command, arguments, true);
  add_repeated_option(*command, "--rename", arguments.renames, "Source column a is the target's column b",
                      "a=b");
  add_repeated_option(*command, "--map", arguments.maps,
                      "The target's column b is an SQL expression over the source's columns; with --include "
                      "S.T.b=SQL",
                      "b=SQL");
  command->add_option("--where", arguments.where, "Only rows of the source that meet this SQL condition")
      ->type_name("SQL");
  add_inheritance_option(*command, arguments);
  add_large_objects_option(
      *command, arguments,
      "Compare what the large objects of columns of the type lo hold, not their numbers");
  command->add_option("--target-where", arguments.target_where, "Only rows of the target that meet this one")
      ->type_name("SQL");
  command
      ->add_option("--key", arguments.key,
                   "The target's columns that tell rows apart (default: its primary key, else a unique one)")
      ->transform(column_names())
      ->type_name("a,b");
  command
      ->add_option("--differences", arguments.differences,
                   "Rows that differ are shown up to so many; 0: only whether there are any")
      ->transform(whole_number(0, 10'000))
      ->capture_default_str()
      ->type_name("N");
  add_connections_option(*command, arguments);
  add_limit_options(*command, arguments);
  add_quiet_option(*command, arguments);
  add_output_option(*command, arguments);
  add_log_options(*command, arguments);
  add_many_tables_options(*command, arguments, {"--rename", "--where", "--target-where", "--key"});
  return command;
}

namespace {

/// The report, in which the option is named as the command calls it.
std::string text_of(const VerifyReport& report) {
  constexpr std::string_view field = "(differences shows";
  std::string text = to_text(report);
  const auto at = text.find(field);
  return at == std::string::npos ? text : text.insert(at + 1, "--");
}

}  // namespace

int run_verify(const Arguments& arguments, const std::stop_token& stop) {
  const auto context = open_context(arguments, stop);
  if (!arguments.include_tables.empty()) {
    VerifyTableOptions options{.source = resolved(context.connections, "--source", arguments.source),
                               .target = resolved(context.connections, "--target", arguments.target),
                               .differences = arguments.differences,
                               .log = context.log};
    set_limits(options.limits, arguments);
    const auto verify_one = [&](TableSelection table) {
      const auto name = TableName::parse(table.from);
      options.table = std::move(table);
      VerifyReport report = VerifyTable(options).run(stop);
      for (auto& remark : report.remarks) remark = in_words_of_many(arguments, name, std::move(remark));
      return TableOutcome{.code = report.equal ? 0 : exit_code(ErrorKind::verify),
                          .json = to_json(report),
                          .text = text_of(report)};
    };
    return run_for_tables(arguments, context, verify_one, stop);
  }
  auto options = table_pair_options<VerifyTableOptions>(arguments, context.connections);
  options.target_where = arguments.target_where;
  options.key = split_columns(arguments.key);
  options.differences = arguments.differences;
  options.log = context.log;
  set_limits(options.limits, arguments);
  const VerifyReport report = arguments.hints.in_report(VerifyTable(std::move(options)).run(stop));
  const int code = report.equal ? 0 : exit_code(ErrorKind::verify);
  print_report(output_of(arguments, code), to_json(report), text_of(report));
  return code;
}

}  // namespace leat::cli
