// leat convert.
#include "command.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "two_databases.hpp"

using namespace leat::test;

namespace {

constexpr const char* old_document = R"({"ingestion": {"query": "SELECT * FROM users", "batch_size": 10},
 "transformation": {"type": "config", "config": {"config": {"add_columns": {"source": "the web"}}}},
 "persistence": {"table_name": "t"}})";

}  // namespace

TEST_CASE("leat convert: what is no SQL is told, and written with --fix", "[cli]") {
  const OwnDirectory home;
  const std::string old = home.write("old.json", old_document);
  const Outcome told = run_leat({"convert", old});
  CHECK(told.exit_code == 2);
  CHECK(told.out.empty());
  CHECK(told.err.find("add_columns.source is no SQL: nothing stands between the and web [no-sql]") !=
        std::string::npos);
  CHECK(told.err.find("hint: write {value: the web}") != std::string::npos);
  CHECK(told.err.find("has an error; nothing was written") != std::string::npos);
  const Outcome written = run_leat({"convert", old, "--fix"});
  CHECK(written.exit_code == 0);
  CHECK(written.out == R"(# left out: ingestion.batch_size: batches are counted in bytes (batch_bytes, memory)
leat: 1
connections: {source: "${env:SOURCE_DB_URL}", target: "${env:DEST_DB_URL}"}
source: source
target: target
loads:
  - sql: SELECT * FROM users
    transform:
      add_columns:
        # it was: the web
        source: {value: the web}
    to: t
    mode: append
    # a value goes into another type of the target's where it survives it
    checked_casts: true
)");
}

TEST_CASE("leat convert: a file that is no such document is told", "[cli]") {
  const OwnDirectory home;
  const Outcome own = run_leat({"convert", home.write("own.yaml", "leat: 1\nloads: []\n")});
  CHECK(own.exit_code == 2);
  CHECK(own.err.find("is leat's own form already") != std::string::npos);
  const Outcome other = run_leat({"convert", home.write("other.yaml", "a: 1\n")});
  CHECK(other.exit_code == 2);
  CHECK(other.err.find("has neither ingestion nor persistence") != std::string::npos);
  const Outcome missing = run_leat({"convert", home.file("missing.yaml")});
  CHECK(missing.exit_code == 2);
  CHECK(missing.err.find("missing.yaml") != std::string::npos);
}

TEST_CASE("leat run: documents of the Data Pipeline Platform run as they are, and as they are converted",
          "[cli][server]") {
  make_anew();
  src("CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, status text, created_at "
      "timestamptz); INSERT "
      "INTO users SELECT g, ' Name ' || g, 'N' || g || '@Example.org', CASE WHEN g % 4 = 0 THEN 'inactive' "
      "ELSE 'active' "
      "END, timestamptz '2023-11-01' + g * interval '1 day' FROM generate_series(1, 500) g");
  dst("CREATE TABLE users_staging (id bigint PRIMARY KEY, name_upper text); CREATE TABLE users_clean (id "
      "bigint PRIMARY "
      "KEY, full_name text, email text, created_year int); CREATE TABLE users_by_status (status text, users "
      "bigint, "
      "last_seen timestamptz)");
  const OwnDirectory home;
  const std::string source = "\"source_db_url\": \"" + server().uri("src") + "\"";
  const std::string target = "\"dest_db_url\": \"" + server().uri("dst") + "\"";
  const std::vector<std::string> files{
      home.write("keyed.json",
                 R"({"ingestion": {"query": "SELECT * FROM users WHERE created_at > :start_date", )" +
                     source +
                     R"json(, "parameters": {"start_date": "2024-01-01"}, "batch_size": 10000},
    "transformation": {"type": "sql", "config": {"sql_query": "SELECT id, UPPER(name) AS name_upper FROM input_data"}},
    "persistence": {"table_name": "users_staging", "strategy": "upsert", "upsert_keys": ["id"], )json" +
                     target + "}}"),
      home.write("steps.json", R"({"pipeline_config": {"ingestion": {"query": "SELECT * FROM users", )" +
                                   source +
                                   R"json(}, "transformation": {"type": "config", "config": {"config": {
    "select": ["id", "name", "email"], "rename": {"name": "full_name"},
    "filter": {"status": "active", "id": {">=": 10, "<": 400}},
    "add_columns": {"created_year": "EXTRACT(YEAR FROM created_at)"},
    "transformations": [{"type": "apply", "column": "full_name", "function": "strip"},
                        {"type": "apply", "column": "email", "function": "lower"}]}}},
    "persistence": {"table_name": "users_clean", "strategy": "insert", )json" +
                                   target + R"(}}, "pipeline_id": "example_002"})"),
      home.write("groups.yaml",
                 "ingestion: {query: SELECT * FROM users, " + source +
                     "}\ntransformation:\n  type: config\n  config:\n    config:\n      aggregations:\n"
                     "        group_by: [status]\n        aggregate: {users: COUNT(*), last_seen: "
                     "MAX(created_at)}\npersistence: {table_name: users_by_status, strategy: replace, " +
                     target + "}\n")};
  const auto counts = [] {
    return dst(
        "SELECT (SELECT count(*) FROM users_staging), (SELECT count(*) FROM users_clean), (SELECT sum(users) "
        "FROM "
        "users_by_status), (SELECT max(full_name || email || created_year) FROM users_clean)");
  };
  for (const auto& file : files) {
    const Outcome outcome = run_leat({"run", file});
    INFO(outcome.err << outcome.out);
    CHECK(outcome.exit_code == 0);
  }
  CHECK(counts() == "439|293|500|Name 99n99@example.org2024\n");
  const std::string before = counts();
  dst("TRUNCATE users_staging, users_clean, users_by_status");
  for (const auto& file : files) {
    const Outcome converted = run_leat({"convert", file});
    REQUIRE(converted.exit_code == 0);
    const Outcome outcome = run_leat({"run", home.write("new.yaml", converted.out), "--new"});
    INFO(outcome.err << outcome.out << converted.out);
    CHECK(outcome.exit_code == 0);
  }
  CHECK(counts() == before);
}
