#include "cli/transform_actions.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/column_lists.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/named_option.hpp"
#include "cli/output.hpp"
#include "cli/transform_text.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/registry/check_transform.hpp"
#include "leat/registry/transform_difference.hpp"
#include "leat/registry/transform_preview.hpp"
#include "leat/registry/transform_tests.hpp"

namespace leat::cli {
namespace {

constexpr std::size_t usual_rows = 20;

std::string quoted_json(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string counted_tests(std::size_t tests) {
  if (tests == 0) return "it has no tests";
  return tests == 1 ? "1 test passed" : std::to_string(tests) + " tests passed";
}

void print_registered(const Arguments& arguments, const Registration& done, const std::string& changes,
                      const TransformTestReport& tests) {
  const std::string reference = done.transform.reference();
  const std::string text = done.is_new
                               ? reference + ": registered; " + counted_tests(tests.tests.size()) +
                                     "\n  reads: " + columns_text(done.transform.input) +
                                     "\n  makes: " + columns_text(done.transform.output) + "\n" + changes
                               : reference + " has this content already; nothing was registered\n";
  print_report(arguments.output,
               std::string("{\"registered\":") + (done.is_new ? "true" : "false") +
                   ",\"transform\":" + to_json(done.transform) + ",\"tests\":" + to_json(tests) + "}",
               text);
}

}  // namespace

TransformActions::TransformActions(const Arguments& arguments, const CommandContext& context,
                                   std::stop_token stop)
    : arguments_(arguments), context_(context), stop_(std::move(stop)), loader_(arguments, context) {
  if (arguments.has_source) source_ = resolved(context.connections, "--source", arguments.source);
}

Connection TransformActions::open_session() {
  if (!source_ && arguments_.store.empty()) {
    throw Error(ErrorKind::config, "transform " + arguments_.transform_action + " needs a database",
                {.hint = "name one with --source; any will do, since nothing is read there"});
  }
  const ResolvedConnection& where = source_ ? *source_ : loader_.store();
  JobLimits limits;
  set_limits(limits, arguments_);
  SessionOptions session{.side = source_ ? ErrorKind::source : ErrorKind::target,
                         .log = context_.log,
                         .connect_timeout = limits.connect_timeout,
                         .lock_timeout = limits.lock_timeout,
                         .statement_timeout = limits.statement_timeout};
  if (limits.silence_timeout) session.silence_timeout = *limits.silence_timeout;
  if (where.schema) session.search_path = quote_identifier(*where.schema);
  return Connection::open(where.target, std::move(session), stop_);
}

std::string TransformActions::query() const {
  if (arguments_.from.empty()) return arguments_.sql;
  return "SELECT * FROM " + TableName::parse(arguments_.from).sql();
}

std::vector<QueryColumn> TransformActions::input_of(Connection& session, const LoadedTransform& loaded) {
  if (!loaded.document.columns.empty()) return document_columns(session, loaded.document, stop_);
  if (!query().empty()) return query_columns_of(session, query(), stop_);
  if (!loaded.input.empty()) return loaded.input;
  throw Error(ErrorKind::config, loaded.label + " does not say which columns it reads",
              {.hint = "write columns: {id: bigint, …} into it, or name a table that has them with --source "
                       "and --from"});
}

int TransformActions::register_file() {
  const std::string& file = arguments_.transform_name;
  if (!names_file(file)) {
    throw Error(ErrorKind::config, "\"" + file + "\" is no file: it has neither a point nor a slash",
                {.hint = "write ./" + file});
  }
  const auto loaded = loader_.load(file, stop_);
  if (loaded.has_secret) {
    throw Error(ErrorKind::config, file + " holds a secret, which would be kept for all to read",
                {.hint = "write ${env:NAME} instead: it gets its value where the transform is used"});
  }
  for (const auto& use : loaded.document.uses) {
    if (use.place.source && use.place.source->name() == file && use.reference != use.resolved) {
      throw Error(ErrorKind::config,
                  "what is registered uses a version, and \"" + use.reference + "\" names none",
                  {.hint = "write use: " + use.resolved, .where = to_text(use.place)});
    }
  }
  Connection session = open_session();
  auto checked = check_transform(session, loaded.document, input_of(session, loaded), stop_);
  if (!loaded.document.columns.empty() && !query().empty()) {
    static_cast<void>(
        check_transform(session, loaded.document, query_columns_of(session, query(), stop_), stop_));
  }
  const auto tests = run_transform_tests(session, loaded.document, checked.input, stop_);
  if (tests.failed() > 0) {
    print_report(arguments_.output, "{\"registered\":false,\"tests\":" + to_json(tests) + "}",
                 to_text(tests) + arguments_.register_name + ": not registered\n");
    return exit_expectation;
  }
  const auto done = loader_.registry().add({.name = arguments_.register_name,
                                            .text = loaded.text,
                                            .document = loaded.normal,
                                            .kind = transform_kind(loaded.document),
                                            .description = loaded.document.description,
                                            .input = std::move(checked.input),
                                            .output = std::move(checked.output)},
                                           stop_);
  std::string changes;
  if (done.is_new && done.transform.version > 1) {
    const auto before =
        loader_.registry().find({.name = done.transform.name, .version = done.transform.version - 1}, stop_);
    changes = changes_text(before, done.transform);
  }
  print_registered(arguments_, done, changes, tests);
  return 0;
}

int TransformActions::list() {
  const auto all = loader_.registry().list(stop_);
  print_report(arguments_.output, to_json(all), transform_list(all));
  return 0;
}

int TransformActions::show() {
  const auto one = loader_.registry().find(TransformReference::parse(arguments_.transform_name), stop_);
  print_report(arguments_.output, to_json(one), transform_text(one));
  return 0;
}

int TransformActions::diff() {
  const auto before = loader_.load(arguments_.transform_name, stop_);
  const auto after = loader_.load(arguments_.transform_other, stop_);
  const std::string lines = line_difference(before.text, after.text);
  std::string text = lines.empty() ? before.label + " and " + after.label + " have the same text\n"
                                   : "--- " + before.label + "\n+++ " + after.label + "\n" + lines;
  const bool says_the_same = before.normal == after.normal;
  if (says_the_same && !lines.empty()) text += "they say the same, written in two ways\n";
  std::string rows = "null";
  bool is_equal = says_the_same;
  if (arguments_.has_source) {
    Connection session = open_session();
    const TransformDifferenceOptions options{
        .query = query(),
        .key = split_columns(arguments_.key),
        .likely_key = arguments_.from.empty() ? std::vector<std::string>()
                                              : primary_key_of(session, arguments_.from, stop_),
        .rows = arguments_.preview_rows.value_or(usual_rows)};
    const auto difference = compare_transforms(session, before.document, after.document, options, stop_);
    text += to_text(difference, before.label, after.label);
    rows = to_json(difference);
    is_equal = difference.equal();
  }
  print_report(arguments_.output,
               "{\"before\":" + quoted_json(before.label) + ",\"after\":" + quoted_json(after.label) +
                   ",\"same_content\":" + (says_the_same ? "true" : "false") +
                   ",\"text\":" + quoted_json(lines) + ",\"rows\":" + rows + "}",
               text);
  return is_equal ? 0 : exit_different;
}

int TransformActions::test() {
  const auto loaded = loader_.load(arguments_.transform_name, stop_);
  Connection session = open_session();
  const auto report = run_transform_tests(session, loaded.document, input_of(session, loaded), stop_);
  print_report(arguments_.output, to_json(report), to_text(report));
  return report.failed() > 0 ? exit_expectation : 0;
}

int TransformActions::preview() {
  const auto loaded = loader_.load(arguments_.transform_name, stop_);
  Connection session = open_session();
  const auto preview = preview_transform(session, loaded.document, query(),
                                         arguments_.preview_rows.value_or(usual_rows), stop_);
  print_report(arguments_.output, to_json(preview), to_text(preview));
  return 0;
}

}  // namespace leat::cli
