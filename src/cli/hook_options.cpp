#include "cli/hook_options.hpp"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cli/shared_options.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::cli {
namespace {

/// Runs a user's statements in the load's transaction, which they may not end.
void run_hook_sql(Connection& target, const std::string& option, const std::string& sql,
                  const std::stop_token& stop) {
  static_cast<void>(target.execute("SAVEPOINT leat_hook", {}, stop));
  try {
    static_cast<void>(target.execute_long(sql, {}, stop));
  } catch (const Error& error) {
    throw error.with_message(option + ": " + error.what()).in_sql(sql, error.position());
  }
  try {
    static_cast<void>(target.execute("RELEASE SAVEPOINT leat_hook", {}, stop));
  } catch (const Error& error) {
    if (!target.is_open()) throw;
    throw Error(ErrorKind::target,
                option +
                    " has ended the transaction of the load: what was done before that is committed if it "
                    "says COMMIT",
                {.sqlstate = std::string(error.sqlstate()),
                 .hint = "leave BEGIN, COMMIT and ROLLBACK out",
                 .sql = sql});
  }
}

TargetHook hook_of(const std::string& option, const std::vector<std::string>& statements) {
  if (statements.empty()) return {};
  for (const auto& sql : statements) {
    if (sql_without_end(sql).empty()) throw Error(ErrorKind::config, option + " holds no SQL");
  }
  return [option, statements](Connection& target, const std::stop_token& stop) {
    for (const auto& sql : statements) run_hook_sql(target, option, sql, stop);
  };
}

}  // namespace

void add_hook_options(CLI::App& command, Arguments& arguments) {
  add_repeated_option(command, "--before-sql", arguments.before_sql,
                      "SQL to run on the target first, in the load's transaction; --dry-run runs it too, and "
                      "rolls it back",
                      "SQL");
  add_repeated_option(command, "--after-sql", arguments.after_sql,
                      "SQL to run on the target after the last row, before the commit", "SQL");
}

void set_hooks(StreamOptions& stream, const Arguments& arguments) {
  stream.before_load = hook_of("--before-sql", arguments.before_sql);
  stream.before_commit = hook_of("--after-sql", arguments.after_sql);
}

}  // namespace leat::cli
