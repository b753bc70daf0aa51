#include "cli/init_command.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/init_document.hpp"
#include "cli/init_survey.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/shared_options.hpp"
#include "leat/core/detail/report_lines.hpp"
#include "leat/core/error.hpp"
#include "leat/documents/pipeline_file.hpp"
#include "leat/documents/read_document.hpp"
#include "leat/documents/source_text.hpp"
#include "leat/runs/document_run.hpp"

namespace leat::cli {
namespace {

/// One that is given as a place, and not as an id.
struct InitSide {
  InitConnection connection{};
  ResolvedConnection place{};
  std::string variable{};  // of the environment, that the document takes the password from
};

InitSide side_of(const CommandContext& context, const std::string& option, const std::string& value,
                 const std::string& name, const std::string& variable) {
  InitSide side{.place = resolved(context.connections, option, value), .variable = variable};
  if (!value.empty() && !ConnectionTarget::looks_like_conninfo(value)) {
    side.connection.name = value;
    return side;
  }
  side.connection = init_connection(name, side.place.target, variable);
  return side;
}

InitSurvey look_at_source(const InitSide& source, const Arguments& arguments, const CommandContext& context,
                          const std::stop_token& stop) {
  JobLimits limits;
  set_limits(limits, arguments);
  SessionOptions options{.side = ErrorKind::source,
                         .application_name = "leat init",
                         .log = context.log,
                         .connect_timeout = limits.connect_timeout,
                         .lock_timeout = limits.lock_timeout,
                         .statement_timeout = limits.statement_timeout};
  if (source.place.schema) options.search_path = quote_identifier(*source.place.schema);
  auto session = Connection::open(source.place.target, std::move(options), stop);
  session.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY", stop);
  return survey_tables(session, arguments.include_tables, arguments.exclude_tables, stop);
}

/// What stands against each load, by its name. @throws Error if the document is not what it should be.
std::map<std::string, std::string> faults_of(const std::string& text, const InitSide& source,
                                             const InitSide& target, const Arguments& arguments,
                                             const CommandContext& context, const std::stop_token& stop) {
  Diagnostics diagnostics;
  auto root = read_document(std::make_shared<const SourceText>("the document", text), diagnostics);
  PipelineDocument document;
  if (root) {
    const ValueType type = value_types::structure(pipeline_fields());
    SubstitutionSources sources{.stop = stop};
    sources.environment = [&](const std::string& name) -> std::optional<std::string> {
      for (const auto* const side : {&source, &target}) {
        if (name == side->variable) return std::string(side->place.target.get("password"));
      }
      return std::nullopt;
    };
    substitute(*root, sources, diagnostics, &type);
    document = read_pipeline(*root, diagnostics);
  }
  if (diagnostics.has_error()) {
    throw Error(ErrorKind::config, "the document that was written is wrong:\n" + to_text(diagnostics));
  }
  document.name = "init";
  // As they were given, with all that the document cannot say of them.
  document.connections[source.connection.name] = source.place;
  document.connections[target.connection.name] = target.place;
  std::map<std::string, std::string> faults;
  const DocumentRun run(std::move(document), {.connections = context.connections, .log = context.log});
  for (const auto& load : run.plan(stop).loads) {
    std::optional<Error> error = load.error;
    for (const auto& plan : load.plans) {
      if (!error && has_error(plan.findings)) error = to_error(plan.findings);
    }
    if (!error) continue;
    const Error told = arguments.hints.in_error(*error);
    faults[load.name] = told.what() + (told.hint().empty() ? "" : " (" + std::string(told.hint()) + ")");
  }
  return faults;
}

/// A file that is new, whole or not at all.
void write_new_file(const std::string& path, const std::string& text) {
  const auto fails = [&path](int number) {
    return Error(ErrorKind::config,
                 "cannot write " + path + ": " + std::error_code(number, std::generic_category()).message(),
                 {.hint = number == EEXIST ? "a file that is there stays as it is; name another one" : ""});
  };
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) throw fails(errno);
  int number = 0;
  for (std::string_view rest = text; !rest.empty() && number == 0;) {
    const ssize_t written = ::write(file, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      number = errno;
    }
  }
  if (::close(file) != 0 && number == 0) number = errno;
  if (number == 0) return;
  ::unlink(path.c_str());
  throw fails(number);
}

/// @throws Error (config) if something is there.
void require_new(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return;
  throw Error(ErrorKind::config, "there is already a file " + path,
              {.hint = "a file that is there stays as it is; name another one"});
}

/// Refuses in `document` what cannot be loaded, and tells of it.
void look_at_target(InitDocument& document, const InitSide& source, const InitSide& target,
                    const Arguments& arguments, const CommandContext& context, const std::stop_token& stop) {
  const auto names = init_load_names(document.survey);
  const auto faults = faults_of(init_text(document), source, target, arguments, context, stop);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto fault = faults.find(names[i]);
    if (fault != faults.end()) document.refused.emplace(i, fault->second);
  }
}

/// @throws Error (config) if no load is left, since a document has one.
void require_loads(const InitDocument& document) {
  if (document.refused.size() < document.survey.tables.size()) return;
  const auto& [number, reason] = *document.refused.begin();
  throw Error(ErrorKind::config, "none of the tables can be loaded; " +
                                     document.survey.tables[number].name.display() + ": " + reason);
}

}  // namespace

CLI::App* add_init_command(CLI::App& app, Arguments& arguments) {
  auto* init = app.add_subcommand(
      "init", "Write a document with a load for each table of a source, for leat run; change nothing");
  add_database_option(*init, "--source", arguments.source,
                      "Where the tables are: a connection id, a URI or a keyword string");
  init->add_option_function<std::string>(
          "--target",
          [&arguments](const std::string& value) {
            arguments.target = value;
            arguments.has_target = true;
          },
          "Where they are to go: the same. With it, what stands against a table is told beside it")
      ->type_name("C");
  add_connections_option(*init, arguments);
  add_limit_options(*init, arguments);
  add_repeated_option(*init, "--include", arguments.include_tables,
                      "The tables: 'sales.*', orders; with * and ? as in file names", "PATTERN")
      ->required();
  add_repeated_option(*init, "--exclude", arguments.exclude_tables, "But not these", "PATTERN");
  init->add_option("--file", arguments.file,
                   "Write it there (default: on standard output); a file that is there stays as it is")
      ->type_name("FILE");
  add_log_options(*init, arguments);
  init->footer(
      "A password that was given is not written: the document has ${env:LEAT_SOURCE_PASSWORD} and\n"
      "${env:LEAT_TARGET_PASSWORD} in its place.");
  return init;
}

int run_init(const Arguments& arguments, const std::stop_token& stop) {
  if (!arguments.file.empty()) require_new(arguments.file);
  const auto context = open_context(arguments, stop);
  const InitSide source = side_of(context, "--source", arguments.source, "source", "LEAT_SOURCE_PASSWORD");
  InitSide target{.connection = {.name = "target"}};
  if (arguments.has_target) {
    target = side_of(context, "--target", arguments.target, "target", "LEAT_TARGET_PASSWORD");
  } else {
    target.connection.remark = "target is to be an id of the connections file, or to be defined here.";
  }
  const InitSurvey survey = look_at_source(source, arguments, context, stop);
  InitDocument document{.source = source.connection, .target = target.connection, .survey = survey};
  for (std::size_t i = 0; i < survey.tables.size(); ++i) {
    if (!survey.tables[i].is_readable)
      document.refused.emplace(i, "this role may not read it (GRANT SELECT)");
  }
  require_loads(document);
  if (arguments.has_target) look_at_target(document, source, target, arguments, context, stop);
  require_loads(document);
  const std::string text = init_text(document);
  if (arguments.file.empty()) {
    print_text(text);
  } else {
    write_new_file(arguments.file, text);
    print_text(arguments.file + ": " +
               detail::counted(survey.tables.size() - document.refused.size(), "load") + "\n");
  }
  if (!document.refused.empty()) {
    print_error(detail::counted(document.refused.size(), "table") + " cannot be loaded: see the comments\n");
  }
  return 0;
}

}  // namespace leat::cli
