#include "cli/load_commands.hpp"

#include <CLI/CLI.hpp>
#include <string_view>
#include <utility>

#include "cli/column_lists.hpp"
#include "cli/command_context.hpp"
#include "cli/delivery_options.hpp"
#include "cli/exit_code.hpp"
#include "cli/incremental_options.hpp"
#include "cli/load_options.hpp"
#include "cli/many_tables.hpp"
#include "cli/named_option.hpp"
#include "cli/nearest.hpp"
#include "cli/output.hpp"
#include "cli/print.hpp"
#include "cli/query_parameters.hpp"
#include "cli/quiet.hpp"
#include "cli/shared_options.hpp"
#include "cli/table_choice_options.hpp"
#include "cli/table_pair.hpp"
#include "cli/transform_option.hpp"
#include "cli/value_checks.hpp"
#include "leat/core/detail/descriptor.hpp"
#include "leat/jobs/ad_hoc_query.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/jobs/copy_tables.hpp"

namespace leat::cli {
namespace {

void add_copy_options(CLI::App& command, Arguments& arguments, bool or_many = false) {
  add_load_options(command, arguments);
  add_one_table_options(command, arguments);
  add_table_options(command, arguments,
                    "Table to read, as in SQL: orders, sales.orders, '\"Sales\".\"Order\"'",
                    "Table to load (default: named as --from)", or_many);
  add_column_options(command, arguments, or_many);
  command.add_option("--where", arguments.where, "Only rows that meet this SQL condition")->type_name("SQL");
  add_incremental_options(command, arguments, true);
  add_inheritance_option(command, arguments);
  add_large_objects_option(command, arguments,
                           "Copy the large objects of columns of the type lo along, each as a new one");
  add_repeated_option(command, "--rename", arguments.renames,
                      "Source column a goes into the target's column b", "a=b");
  add_repeated_option(
      command, "--map", arguments.maps,
      std::string("The target's column b gets the value of an SQL expression over the source's "
                  "columns") +
          (or_many ? "; with --include S.T.b=SQL" : ""),
      "b=SQL");
  add_delivery_options(command, arguments);
}

constexpr std::uint64_t most_tables = 64;

std::string read_query(const std::string& path, const std::stop_token& stop) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  return with_option_name("--file", [&] {
    require_file_path(path);
    std::string text = detail::read_all(path, "the file", stop);
    if (text.starts_with(byte_order_mark)) text.erase(0, byte_order_mark.size());
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
      throw Error(ErrorKind::config, path + " holds no query");
    }
    return text;
  });
}

int exit_code_of(const std::vector<Finding>& findings) {
  return has_error(findings) ? exit_code(to_error(findings).kind()) : 0;
}

template <class Job>
int run_job(const Job& job, const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  if (arguments.dry_run) {
    const JobPlan plan = arguments.hints.in_plan(job.plan(stop));
    const int code = exit_code_of(plan.findings);
    print_report(output_of(arguments, code), to_json(plan), plan_text(plan));
    return code;
  }
  const JobReport report = arguments.hints.in_report(job.run(stop));
  line.finish();
  const int code = exit_code(report.status);
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

int check_job(const CopyTable& job, const Arguments& arguments, const std::stop_token& stop) {
  const JobPlan plan = arguments.hints.in_plan(job.plan(stop));
  const int code = exit_code_of(plan.findings);
  print_report(output_of(arguments, code), to_json(plan), findings_text(plan));
  return code;
}

int check_tables(const CopyTables& job, const Arguments& arguments, const std::stop_token& stop) {
  const auto plans = arguments.hints.in_plans(job.plan(stop));
  int code = 0;
  std::string text;
  for (const auto& plan : plans) {
    if (code == 0) code = exit_code_of(plan.findings);
    text += findings_text(plan);
  }
  print_report(output_of(arguments, code), to_json(plans), text);
  return code;
}

int copy_tables(const CopyTables& job, const Arguments& arguments, ProgressLine& line,
                const std::stop_token& stop) {
  if (arguments.dry_run) {
    const auto plans = arguments.hints.in_plans(job.plan(stop));
    int code = 0;
    for (const auto& plan : plans) {
      if (code == 0) code = exit_code_of(plan.findings);
    }
    print_report(output_of(arguments, code), to_json(plans), plans_text(plans));
    return code;
  }
  const CopyTablesReport report = arguments.hints.in_report(job.run(stop));
  line.finish();
  const auto error = report.first_error();
  int code = error ? exit_code(error->kind()) : 0;
  if (report.status == JobStatus::cancelled) code = exit_code(ErrorKind::cancelled);
  print_report(output_of(arguments, code), to_json(report), to_text(report));
  return code;
}

}  // namespace

CLI::App* add_copy_table_command(CLI::App& app, Arguments& arguments) {
  auto* copy = app.add_subcommand("copy-table", "Copy a table into a table of another database");
  add_copy_options(*copy, arguments);
  return copy;
}

CLI::App* add_check_command(CLI::App& app, Arguments& arguments) {
  auto* check = app.add_subcommand(
      "check",
      "Tell what stands against a copy-table, or with --include a copy-tables, of these options; "
      "change nothing");
  add_copy_options(*check, arguments, true);
  add_many_tables_options(*check, arguments,
                          {"--where", "--incremental", "--rename", "--key", "--indexes", "--before-sql",
                           "--after-sql", "--max-rejects", "--rejects", "--readers", "--writers"});
  return check;
}

CLI::App* add_copy_tables_command(CLI::App& app, Arguments& arguments) {
  auto* tables =
      app.add_subcommand("copy-tables", "Copy many tables, all from one snapshot, into those of their names");
  add_load_options(*tables, arguments);
  add_repeated_option(
      *tables, "--include", arguments.include_tables,
      "Tables, as in SQL with * and ?: 'sales.*' (ordinary ones and leaves of partitioned ones)", "P...")
      ->required();
  add_repeated_option(*tables, "--exclude", arguments.exclude_tables, "Of those, all but these", "P...");
  add_table_choice_options(*tables, arguments);
  add_slice_job_options(*tables, arguments, true);
  add_inheritance_option(*tables, arguments);
  add_large_objects_option(*tables, arguments,
                           "Copy the large objects of columns of the type lo along, each as a new one");
  tables->add_option("--jobs", arguments.jobs, "Tables that are copied at the same time")
      ->transform(whole_number(1, most_tables))
      ->capture_default_str()
      ->type_name("N");
  return tables;
}

CLI::App* add_query_command(CLI::App& app, Arguments& arguments) {
  auto* query = app.add_subcommand("query", "Load the rows of a query into a table of another database");
  add_load_options(*query, arguments);
  add_one_table_options(*query, arguments);
  query->add_option("--to", arguments.to, "Table to load")
      ->required()
      ->transform(table_name())
      ->type_name("S.T");
  auto* sql = query
                  ->add_option("--sql", arguments.sql,
                               "The query; :name stands for a parameter (--sql or --file is required)")
                  ->type_name("SQL");
  const auto* file =
      query->add_option("--file", arguments.file, "File that holds the query; -: standard input")
          ->type_name("F")
          ->excludes(sql);
  add_parameter_options(*query, arguments);
  add_incremental_options(*query, arguments, false);
  add_transform_option(*query, arguments);
  auto* job =
      add_job_options(*query, arguments,
                      "Name of the job: it is done once; the same query under that name does nothing "
                      "more",
                      "How often the load is tried again after an error that may pass; default 5 with "
                      "--job");
  query->get_option("--retries")->needs(job);
  query->callback([sql, file, &arguments] {
    if (sql->empty() && file->empty()) throw CLI::RequiredError("--sql or --file");
    if (arguments.file == "-") arguments.file = "/dev/stdin";
  });
  return query;
}

int run_load(const Arguments& arguments, ProgressLine& line, const std::stop_token& stop) {
  const CommandContext context = open_context(arguments, stop);
  const auto& [log, connections] = context;
  StreamOptions stream = stream_options(arguments, log);
  stream.on_progress = [&line](const Progress& progress) { line.draw(progress); };
  const WriteMode mode = parse_write_mode(arguments.mode).value_or(WriteMode::replace);
  const bool is_check = arguments.command == Command::check;
  if (arguments.command == Command::copy_tables || (is_check && !arguments.include_tables.empty())) {
    stream.on_progress = {};
    CopyTablesOptions options{
        .source = resolved(connections, "--source", arguments.source),
        .target = resolved(connections, "--target", arguments.target),
        .include = arguments.include_tables,
        .exclude = arguments.exclude_tables,
        .mode = mode,
        .inheritance = inheritance_option(arguments),
        .delivery = delivery_options(arguments),
        .large_objects = arguments.large_objects,
        .on_tables_progress = [&line](const TablesProgress& progress) { line.draw(progress); },
        .stream = std::move(stream),
        .jobs = arguments.jobs};
    set_table_choices(options, arguments);
    const CopyTables job(std::move(options));
    return is_check ? check_tables(job, arguments, stop) : copy_tables(job, arguments, line, stop);
  }
  if (arguments.command != Command::query) {
    auto options = table_pair_options<CopyTableOptions>(arguments, connections);
    options.mode = mode;
    if (!arguments.mode_given) options.rows_outside = RowsOutside::refuse;
    options.key = split_columns(arguments.key);
    options.incremental = incremental_options(arguments);
    options.stream = std::move(stream);
    options.delivery = delivery_options(arguments);
    options.readers = arguments.readers;
    options.writers = arguments.writers;
    const CopyTable job(std::move(options));
    return is_check ? check_job(job, arguments, stop) : run_job(job, arguments, line, stop);
  }
  const std::string sql = arguments.file.empty() ? arguments.sql : read_query(arguments.file, stop);
  const TransformDocument transforms = read_transform_option(arguments, context, stop);
  auto parameters = query_parameters(arguments, with_sql_of(sql, transforms));
  return run_job(AdHocQuery({.source = resolved(connections, "--source", arguments.source),
                             .target = resolved(connections, "--target", arguments.target),
                             .sql = sql,
                             .parameters = std::move(parameters.values),
                             .parameter_types = std::move(parameters.types),
                             .sql_transforms = transforms.stages,
                             .place = transforms.runs_in,
                             .text_places =
                                 [&transforms](std::size_t origin, std::size_t character) {
                                   return to_text(transforms.place(origin, character));
                                 },
                             .to = arguments.to,
                             .mode = mode,
                             .key = split_columns(arguments.key),
                             .incremental = incremental_options(arguments),
                             .stream = std::move(stream),
                             .delivery = delivery_options(arguments)}),
                 arguments, line, stop);
}

}  // namespace leat::cli
