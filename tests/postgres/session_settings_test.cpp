#include "postgres/session/session_settings.hpp"

#include "support/catch.hpp"

using leat::postgres_detail::local_settings_sql;
using leat::postgres_detail::may_be_wrapped;

namespace {

/// How a search_path is set, as set_config() would take it.
std::string path_sql(const std::string& path) {
  const std::string sql = local_settings_sql({{"search_path", path}}, false);
  return sql.substr(sql.rfind("search_path TO ") + 15);
}

}  // namespace

TEST_CASE("session settings: a search_path is set as the list that it is", "[postgres]") {
  CHECK(path_sql("") == "''");
  CHECK(path_sql("Sales,\tpublic") == R"("sales", "public")");
  CHECK(path_sql(R"("$user", "Own "" one",x)") == R"("$user", "Own "" one", "x")");
  CHECK(path_sql("it's; DROP") == R"("it's;", "drop")");
}

TEST_CASE("session settings: transactions and settings of a user's own are not put into a transaction",
          "[postgres]") {
  CHECK(may_be_wrapped("SELECT 1"));
  CHECK(may_be_wrapped("\n  with x AS (SELECT) TABLE x"));
  CHECK(may_be_wrapped("VALUES(1)"));
  for (const char* sql : {"", "BEGIN", "COMMIT", "SET x = 1", "VACUUM", "CREATE DATABASE d", "selected"}) {
    CHECK_FALSE(may_be_wrapped(sql));
  }
}
