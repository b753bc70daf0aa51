#include "cli/transform_command.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string_view>

#include "cli/command_context.hpp"
#include "cli/limit_options.hpp"
#include "cli/nearest.hpp"
#include "cli/shared_options.hpp"
#include "cli/transform_actions.hpp"
#include "cli/value_checks.hpp"
#include "leat/registry/transform_reference.hpp"

namespace leat::cli {
namespace {

/// What an action takes.
struct ActionWords {
  std::string_view action;
  std::size_t words;  ///< behind the action
  std::string_view what;
  bool has_rows;  ///< --source, --from and --sql
  bool shows_rows;
  bool needs_store;
};
constexpr std::array<ActionWords, 6> action_words{{
    {"register", 1, "a file", true, false, true},
    {"list", 0, "no name", false, false, true},
    {"show", 1, "a transform's name", false, false, true},
    {"diff", 2, "two transforms: NAME@2 NAME@3", true, true, false},
    {"test", 1, "a file, or a transform's name", true, false, false},
    {"preview", 1, "a file, or a transform's name", true, true, false},
}};

[[noreturn]] void refuse_words(const std::string& what, std::string hint = {}) {
  throw Error(ErrorKind::config, what, {.hint = std::move(hint)});
}

CLI::Validator transform_name() {
  return CLI::Validator(
      [](std::string& text) {
        return is_transform_name(text) ? std::string()
                                       : shown(text) +
                                             " is no name for a transform: write letters, digits, _ and -, "
                                             "with a letter or _ first, 200 bytes at most";
      },
      "");
}

/// Words that do not go together, or lack one.
void check_transform_action(const Arguments& arguments) {
  const std::string& action = arguments.transform_action;
  const auto* const wanted = std::find_if(action_words.begin(), action_words.end(),
                                          [&](const ActionWords& one) { return one.action == action; });
  const std::string name = "transform " + action;
  const std::size_t words =
      (arguments.transform_name.empty() ? 0U : 1U) + (arguments.transform_other.empty() ? 0U : 1U);
  if (words != wanted->words) refuse_words(name + " takes " + std::string(wanted->what));
  const auto belongs = [&](bool given, bool fits, const char* option, const char* to) {
    if (given && !fits) refuse_words(std::string(option) + " belongs to " + to);
  };
  constexpr const char* reading = "transform register, diff, test and preview";
  belongs(arguments.has_source, wanted->has_rows, "--source", reading);
  belongs(!arguments.from.empty(), wanted->has_rows, "--from", reading);
  belongs(!arguments.sql.empty(), wanted->has_rows, "--sql", reading);
  belongs(arguments.preview_rows.has_value(), wanted->shows_rows, "--rows", "transform diff and preview");
  belongs(!arguments.key.empty(), action == "diff", "--key", "transform diff");
  belongs(!arguments.register_name.empty(), action == "register", "--name", "transform register");
  if (wanted->needs_store && arguments.store.empty()) {
    refuse_words(name + " needs --store", "name the database that keeps transforms: --store C");
  }
  const bool has_query = !arguments.from.empty() || !arguments.sql.empty();
  if (action == "register" && arguments.register_name.empty()) {
    refuse_words(name + " needs --name", "name what is registered: --name clean_orders");
  }
  if (action == "preview" && !(has_query && arguments.has_source)) {
    refuse_words(name + " needs --source, and --from or --sql", "say whose rows are shown");
  }
  if (action == "diff" && has_query != arguments.has_source) {
    refuse_words(has_query ? name + " needs --source beside " + (arguments.from.empty() ? "--sql" : "--from")
                           : name + " needs --from or --sql beside --source");
  }
  if (action == "diff" && !has_query && (!arguments.key.empty() || arguments.preview_rows)) {
    refuse_words(std::string(arguments.key.empty() ? "--rows" : "--key") +
                 " is of rows, which --source and --from name");
  }
  if (has_query && !arguments.has_source && arguments.store.empty()) {
    refuse_words(name + " needs --source beside " + (arguments.from.empty() ? "--sql" : "--from"));
  }
}

}  // namespace

CLI::App* add_transform_command(CLI::App& app, Arguments& arguments) {
  auto* transform =
      app.add_subcommand("transform", "Register, list, show, compare, test or preview transforms of rows");
  transform->add_option("ACTION", arguments.transform_action, "register, list, show, diff, test or preview")
      ->required()
      ->transform(one_of({transform_actions.begin(), transform_actions.end()}));
  transform->add_option("TRANSFORM", arguments.transform_name,
                        "A file of YAML or JSON (with a point or a slash in its name), or a registered "
                        "transform: clean_orders, clean_orders@3");
  transform->add_option("OTHER", arguments.transform_other, "The one to compare it with");
  transform
      ->add_option(
          "--store", arguments.store,
          "The database that keeps transforms: a URI, a keyword string, or an id from the connections "
          "file")
      ->type_name("C");
  transform->add_option("--name", arguments.register_name, "The name under which the file is registered")
      ->transform(transform_name())
      ->type_name("NAME");
  transform
      ->add_option_function<std::string>(
          "--source",
          [&arguments](const std::string& source) {
            arguments.source = source;
            arguments.has_source = true;
          },
          "The database that compiles and runs transforms, READ ONLY (default, for register and test: "
          "--store)")
      ->type_name("C");
  auto* from = transform->add_option("--from", arguments.from, "The table whose rows are read")
                   ->transform(table_name())
                   ->type_name("S.T");
  transform->add_option("--sql", arguments.sql, "The query whose rows are read")
      ->type_name("SQL")
      ->excludes(from);
  transform->add_option("--key", arguments.key, "Columns by which diff tells rows (default: the primary key)")
      ->transform(column_names())
      ->type_name("a,b");
  transform
      ->add_option_function<std::size_t>(
          "--rows", [&arguments](std::size_t rows) { arguments.preview_rows = rows; },
          "How many rows are shown; default 20")
      ->transform(whole_number(1, 10'000))
      ->type_name("N");
  add_connections_option(*transform, arguments);
  add_output_option(*transform, arguments, "text or json");
  add_log_options(*transform, arguments);
  add_limit_options(*transform, arguments);
  transform->footer(
      "A version that is registered never changes; the same content again is the same version. register "
      "compiles the file for its columns, or for those of --from, and runs its tests; if one fails, nothing "
      "is registered. Exit codes: 0 done, or no difference; 1 diff has found one (of rows, where it reads "
      "some, else of the documents); 2 usage or configuration; 3 source; 4 store; 8 a test has failed; "
      "9 the report is lost; 129 hung up, 130 interrupted, 143 terminated.");
  return transform;
}

int run_transform(const Arguments& arguments, const std::stop_token& stop) {
  check_transform_action(arguments);
  const auto context = open_context(arguments, stop);
  TransformActions actions(arguments, context, stop);
  const std::string& action = arguments.transform_action;
  if (action == "register") return actions.register_file();
  if (action == "list") return actions.list();
  if (action == "show") return actions.show();
  if (action == "diff") return actions.diff();
  if (action == "test") return actions.test();
  return actions.preview();
}

}  // namespace leat::cli
