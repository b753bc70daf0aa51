#include "cli/schema_command.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "cli/command_context.hpp"
#include "cli/exit_code.hpp"
#include "cli/limit_options.hpp"
#include "cli/output.hpp"
#include "cli/schema_source.hpp"
#include "cli/shared_options.hpp"
#include "cli/value_checks.hpp"
#include "leat/registry/schema_registry.hpp"

namespace leat::cli {
namespace {

using Json = nlohmann::ordered_json;

Json parsed(const std::string& json) {
  return Json::parse(json);
}

std::string one_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string named(const std::string& subject, int version) {
  return subject + "@" + std::to_string(version);
}

std::optional<SchemaRule> rule_option(const Arguments& arguments) {
  if (arguments.rule.empty()) return std::nullopt;
  return parse_schema_rule(arguments.rule);
}

/// Words that do not go together, or lack one.
void check_schema_action(const Arguments& arguments) {
  const std::string& action = arguments.schema_action;
  const auto refuse = [](const std::string& what) { throw Error(ErrorKind::config, what); };
  const bool takes_from = action == "register" || action == "check";
  if (action == "list" && !arguments.schema_subject.empty()) refuse("schema list takes no subject");
  if (action != "list" && arguments.schema_subject.empty()) refuse("schema " + action + " takes a subject");
  if (action != "diff" && !arguments.schema_other.empty()) {
    refuse("schema " + action + " takes one subject");
  }
  if (takes_from && arguments.from.empty()) {
    refuse("schema " + action + " takes --from, a table (CONNECTION:TABLE) or a file");
  }
  if (!takes_from && !arguments.from.empty()) refuse("--from belongs to schema register and check");
  const bool has_rule = takes_from || action == "diff";
  if (!has_rule && !arguments.rule.empty()) refuse("--rule belongs to schema register, check and diff");
  if (takes_from && parse_schema_reference(arguments.schema_subject).version > 0) {
    refuse("schema " + action + " takes a subject without a version, which the registry counts");
  }
}

/// Where a subject stands alone, "orders@latest" is "orders".
std::string subject_of(const Arguments& arguments) {
  return parse_schema_reference(arguments.schema_subject).subject;
}

int register_schema(const SchemaRegistry& registry, const Arguments& arguments, const CommandContext& context,
                    const std::stop_token& stop) {
  const auto given = read_given_schema(arguments, context, stop);
  const std::string subject = subject_of(arguments);
  const auto done =
      registry.add(subject, given.schema, {.rule = rule_option(arguments), .origin = given.origin}, stop);
  std::string text;
  if (!done.accepted) {
    text = subject + " is not registered: its rule " + to_string(done.rule) + " does not allow this\n";
  } else if (!done.is_new) {
    text = named(subject, done.version) + " is the same, and was registered before\n";
  } else {
    text = named(subject, done.version) + " is registered (" + to_string(done.rule) + ")\n";
  }
  text += to_text(done.changes);
  print_report(arguments.output,
               one_line({{"subject", subject},
                         {"accepted", done.accepted},
                         {"new", done.is_new},
                         {"version", done.version == 0 ? Json() : Json(done.version)},
                         {"rule", to_string(done.rule)},
                         {"changes", parsed(to_json(done.changes))}}),
               text);
  return done.accepted ? 0 : exit_different;
}

int check_schema(const SchemaRegistry& registry, const Arguments& arguments, const CommandContext& context,
                 const std::stop_token& stop) {
  const auto given = read_given_schema(arguments, context, stop);
  const std::string subject = subject_of(arguments);
  const SchemaCheck found = registry.check(subject, given.schema, rule_option(arguments), stop);
  const std::string place = named(subject, found.same_as == 0 ? found.latest : found.same_as);
  std::string text = found.same_as > 0 && found.changes.empty() ? "it is " + place + "\n"
                     : found.fits() ? "it fits " + subject + " (" + to_string(found.rule) + ")\n"
                                    : "it does not fit " + subject + " (" + to_string(found.rule) + ")\n";
  text += to_text(found.changes);
  print_report(arguments.output,
               one_line({{"subject", subject},
                         {"fits", found.fits()},
                         {"latest", found.latest},
                         {"same_as", found.same_as == 0 ? Json() : Json(found.same_as)},
                         {"rule", to_string(found.rule)},
                         {"changes", parsed(to_json(found.changes))}}),
               text);
  return found.fits() ? 0 : exit_different;
}

void list_schemas(const SchemaRegistry& registry, const Arguments& arguments, const std::stop_token& stop) {
  const auto subjects = registry.list(stop);
  std::string text;
  for (const auto& one : subjects) {
    text += one.subject + ": " + std::to_string(one.versions) +
            (one.versions == 1 ? " version, " : " versions, ") + to_string(one.rule) + ", since " +
            one.changed_at + "\n";
  }
  print_report(arguments.output, to_json(subjects), text.empty() ? "no schemas\n" : text);
}

void show_schema(const SchemaRegistry& registry, const Arguments& arguments, const std::stop_token& stop) {
  const auto reference = parse_schema_reference(arguments.schema_subject);
  const auto version = registry.show(reference.subject, reference.version, stop);
  std::string text = named(version.subject, version.version) + ": " + std::string(to_string(version.origin)) +
                     ", " + version.created_at + " by " + version.created_by + ", " + to_string(version.rule);
  for (std::size_t i = 0; i < version.checked_against.size(); ++i) {
    text += (i == 0 ? " against " : ", ") + std::to_string(version.checked_against[i]);
  }
  text += "\n";
  if (!version.schema.description.empty()) text += "  " + version.schema.description + "\n";
  text += to_text(version.schema);
  Json json = parsed(to_json(version));
  json["loads"] = Json::array();
  for (const auto& load : registry.loads(version.subject, stop)) {
    if (load.version != version.version) continue;
    text += "  loaded by " + load.load + ", " + load.seen_at + "\n";
    json["loads"].push_back({{"load", load.load}, {"seen_at", load.seen_at}});
  }
  print_report(arguments.output, one_line(json), text);
}

int diff_schemas(const SchemaRegistry& registry, const Arguments& arguments, const std::stop_token& stop) {
  const auto from = parse_schema_reference(arguments.schema_subject);
  const auto to = arguments.schema_other.empty() ? SchemaReference{.subject = from.subject}
                                                 : parse_schema_reference(arguments.schema_other);
  const auto before = registry.show(from.subject, from.version, stop);
  const auto after = registry.show(to.subject, to.version, stop);
  SchemaRule rule = rule_option(arguments).value_or(SchemaRule{});
  if (arguments.rule.empty()) {
    for (const auto& one : registry.list(stop)) {
      if (one.subject == to.subject) rule = one.rule;
    }
  }
  auto changes = compare_schemas(before.schema, after.schema, rule);
  for (auto& change : changes) change.version = before.version;
  const std::string first = named(before.subject, before.version);
  const std::string second = named(after.subject, after.version);
  print_report(arguments.output,
               one_line({{"from", first},
                         {"to", second},
                         {"rule", to_string(rule)},
                         {"changes", parsed(to_json(changes))}}),
               changes.empty() ? first + " and " + second + " are equal\n"
                               : first + " -> " + second + "\n" + to_text(changes));
  return changes.empty() ? 0 : exit_different;
}

}  // namespace

CLI::App* add_schema_command(CLI::App& app, Arguments& arguments) {
  auto* schema = app.add_subcommand(
      "schema", "Keep schemas by name and version, and tell what a change of columns would break");
  schema->add_option("ACTION", arguments.schema_action, "register, list, show, diff or check")
      ->required()
      ->transform(one_of({schema_actions.begin(), schema_actions.end()}));
  schema->add_option("SUBJECT", arguments.schema_subject,
                     "What the schema is called; show and diff take a version: orders@3");
  schema->add_option("OTHER", arguments.schema_other,
                     "Of diff: the other one (not given: the newest version)");
  schema
      ->add_option("--store", arguments.store,
                   "The database that keeps the schemas: a URI, a keyword string, or an id from the "
                   "connections file")
      ->required()
      ->type_name("C");
  schema
      ->add_option("--from", arguments.from,
                   "Of register and check: a table of a connection, C:S.T, or a file of YAML or JSON that "
                   "describes a schema")
      ->type_name("FILE|C:S.T");
  schema
      ->add_option("--rule", arguments.rule,
                   "What a change must keep; register has the subject keep the rule (default of a new "
                   "subject: readers)")
      ->transform(one_of(schema_rule_names()))
      ->type_name("RULE");
  add_connections_option(*schema, arguments);
  add_output_option(*schema, arguments, "text or json");
  add_log_options(*schema, arguments);
  add_limit_options(*schema, arguments);
  schema->footer(
      "Rules: readers (a SELECT that works still works, and means the same), backward (old rows have a place "
      "in the new schema), forward (new rows have one in the old), full (both), none; with _transitive "
      "towards all earlier versions. Exit codes: 0 it is registered, fits or is equal, 1 it is refused, does "
      "not fit or is different, 2 usage or configuration, 3 the table's side, 4 the store's side, 9 the "
      "report is lost, 129 hung up, 130 interrupted, 143 terminated.");
  return schema;
}

int run_schema(const Arguments& arguments, const std::stop_token& stop) {
  check_schema_action(arguments);
  const auto context = open_context(arguments, stop);
  SchemaRegistryOptions options{.store = resolved(context.connections, "--store", arguments.store),
                                .log = context.log};
  set_limits(options.limits, arguments);
  const SchemaRegistry registry(std::move(options));
  const std::string& action = arguments.schema_action;
  if (action == "register") return register_schema(registry, arguments, context, stop);
  if (action == "check") return check_schema(registry, arguments, context, stop);
  if (action == "diff") return diff_schemas(registry, arguments, stop);
  if (action == "list") {
    list_schemas(registry, arguments, stop);
  } else {
    show_schema(registry, arguments, stop);
  }
  return 0;
}

}  // namespace leat::cli
