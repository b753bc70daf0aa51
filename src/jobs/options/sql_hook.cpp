#include "leat/jobs/options/sql_hook.hpp"

#include <string>

#include "leat/core/error.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat {
namespace {

/// Runs a user's statements in the load's transaction, which they may not end.
void run_hook_sql(Connection& target, const std::string& name, const std::string& sql,
                  const std::stop_token& stop) {
  static_cast<void>(target.execute("SAVEPOINT leat_hook", {}, stop));
  try {
    static_cast<void>(target.execute_long(sql, {}, stop));
  } catch (const Error& error) {
    throw error.with_message(name + ": " + error.what()).in_sql(sql, error.position());
  }
  try {
    static_cast<void>(target.execute("RELEASE SAVEPOINT leat_hook", {}, stop));
  } catch (const Error& error) {
    if (!target.is_open()) throw;
    throw Error(ErrorKind::target,
                name +
                    " has ended the transaction of the load: what was done before that is committed if it "
                    "says COMMIT",
                {.sqlstate = std::string(error.sqlstate()),
                 .hint = "leave BEGIN, COMMIT and ROLLBACK out",
                 .sql = sql});
  }
}

}  // namespace

TargetHook sql_hook(const std::string& name, const std::vector<std::string>& statements) {
  if (statements.empty()) return {};
  for (const auto& sql : statements) {
    if (sql_without_end(sql).empty()) throw Error(ErrorKind::config, name + " holds no SQL");
  }
  return [name, statements](Connection& target, const std::stop_token& stop) {
    for (const auto& sql : statements) run_hook_sql(target, name, sql, stop);
  };
}

}  // namespace leat
