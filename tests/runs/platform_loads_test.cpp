// Documents of the Data Pipeline Platform, loaded.
#include <optional>
#include <string>

#include "platform_documents.hpp"
#include "runs.hpp"
#include "support/own_directory.hpp"

namespace leat::test {
namespace {

void make_users(const Bed& bed) {
  bed.src(
      "CREATE TABLE users (id bigint PRIMARY KEY, name text, email text, status text, created_at "
      "timestamptz); "
      "INSERT INTO users SELECT g, ' Name ' || g, 'N' || g || '@Example.org', CASE WHEN g % 4 = 0 THEN "
      "'inactive' ELSE "
      "'active' END, timestamptz '2023-11-01' + g * interval '1 day' FROM generate_series(1, 500) g");
  bed.dst(
      "CREATE TABLE users_staging (id bigint PRIMARY KEY, name_upper text); CREATE TABLE users_clean (id "
      "bigint PRIMARY "
      "KEY, full_name text, email text, created_year int); CREATE TABLE users_by_status (status text, users "
      "bigint, "
      "last_seen timestamptz)");
}

}  // namespace

TEST_CASE("Platform loads: rows that a SELECT makes, upserted", "[server][sql]") {
  const Bed bed;
  make_users(bed);
  bed.dst("INSERT INTO users_staging VALUES (100, 'old'), (-1, 'stays')");
  const auto run = read_platform(
      R"json({"ingestion": {"query": "SELECT * FROM users WHERE created_at > :start_date",
              "source_db_url": "postgresql://user@localhost:5432/source_db", "parameters": {"start_date": "2024-01-01"},
              "batch_size": 10000},
  "transformation": {"type": "sql", "config": {"sql_query": "SELECT id, UPPER(name) AS name_upper FROM input_data"}},
  "persistence": {"table_name": "users_staging", "dest_db_url": "postgresql://user@localhost:5432/dest_db",
                  "strategy": "upsert", "upsert_keys": ["id"]}})json");
  CHECK_FALSE(run.parsed.diagnostics.has_error());
  static_cast<void>(AdHocQuery(query_of(bed, run)).run());
  CHECK(bed.dst("SELECT count(*), min(id), max(name_upper) FILTER (WHERE id = 100) FROM users_staging") ==
        bed.src("SELECT count(*) + 1, -1, ' NAME 100' FROM users WHERE created_at > '2024-01-01'"));
}

TEST_CASE("Platform loads: rows that steps make, whose values go into the target's types", "[server][sql]") {
  const Bed bed;
  make_users(bed);
  const auto run = read_platform(
      R"json({"pipeline_config": {"ingestion": {"query": "SELECT * FROM users"},
  "transformation": {"type": "config", "config": {"config": {
    "select": ["id", "name", "email"], "rename": {"name": "full_name"},
    "filter": {"status": "active", "id": {">=": 10, "<": 400}},
    "add_columns": {"created_year": "EXTRACT(YEAR FROM created_at)"},
    "transformations": [{"type": "apply", "column": "full_name", "function": "strip"},
                        {"type": "apply", "column": "email", "function": "lower"}]}}},
  "persistence": {"table_name": "users_clean", "strategy": "insert"}}, "pipeline_id": "example_002"})json");
  REQUIRE(run.parsed.said().empty());
  const auto options = query_of(bed, run);
  const auto plan = AdHocQuery(options).plan();
  CHECK(to_json(plan).find("converted by the source, where the value survives it (from numeric)") !=
        std::string::npos);
  auto checked = options;
  checked.stream.verify = true;
  static_cast<void>(AdHocQuery(checked).run());
  CHECK(bed.dst("SELECT count(*), min(full_name), min(email), sum(created_year) FROM users_clean") ==
        bed.src("SELECT count(*), min(btrim(name)), min(lower(email)), sum(extract(year FROM created_at)) "
                "FROM users "
                "WHERE status = 'active' AND id >= 10 AND id < 400"));
  // As it was said to be: what is there already is refused.
  check_error(error_of(options), ErrorKind::target, "23505");
}

TEST_CASE("Platform loads: groups replace what was there", "[server][sql]") {
  const Bed bed;
  make_users(bed);
  bed.dst("INSERT INTO users_by_status VALUES ('gone', 1, NULL)");
  const auto run = read_platform(R"yaml(
ingestion: {query: SELECT * FROM users}
transformation:
  type: config
  config:
    config:
      aggregations: {group_by: [status], aggregate: {users: COUNT(*), last_seen: MAX(created_at)}}
persistence: {table_name: users_by_status, strategy: replace}
)yaml");
  REQUIRE(run.parsed.said().empty());
  static_cast<void>(AdHocQuery(query_of(bed, run)).run());
  CHECK(bed.dst("SELECT status, users, last_seen FROM users_by_status ORDER BY 1") ==
        bed.src("SELECT status, count(*), max(created_at) FROM users GROUP BY 1 ORDER BY 1"));
}

TEST_CASE("Platform loads: a file of one is run as a document, once", "[server][sql]") {
  const Bed bed;
  make_users(bed);
  const OwnDirectory directory;
  static_cast<void>(directory.write("steps.yaml", "select: [id]\nadd_columns: {name_upper: UPPER(name)}\n"));
  const std::string file = directory.write(
      "staging.json",
      R"json({"ingestion": {"query": "SELECT * FROM users WHERE id <= :most", "parameters": {"most": 20}},
  "transformation": {"type": "config", "config": {"config": "steps.yaml"}},
  "persistence": {"table_name": "users_staging", "strategy": "replace"}})json");
  const auto run = [&](const std::string& key) {
    Diagnostics diagnostics;
    auto document = read_pipeline_file(
        file,
        {.environment =
             [](const std::string& name) {
               return std::optional<std::string>(Bed::server().uri(name == "SOURCE_DB_URL" ? "src" : "dst"));
             }},
        diagnostics);
    CHECK(to_text(diagnostics).empty());
    CHECK(document.name == "staging");
    return DocumentRun(std::move(document), {.idempotency_key = key}).run();
  };
  CHECK(names_of(run("a")) == "users_staging:done");
  CHECK(bed.dst("SELECT count(*), max(name_upper) FILTER (WHERE id = 7) FROM users_staging") == "20| NAME 7");
  bed.dst("TRUNCATE users_staging");
  static_cast<void>(run("a"));
  CHECK(bed.dst("SELECT count(*) FROM users_staging") == "0");
  static_cast<void>(run("b"));
  CHECK(bed.dst("SELECT count(*) FROM users_staging") == "20");
}

TEST_CASE("Platform loads: a value that the target's type does not hold ends the load and is shown",
          "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE s (a numeric, b text, c timestamptz, d int); INSERT INTO s VALUES (7, '2024-02-29', "
      "'2024-02-29 00:00+00', 5)");
  bed.dst("CREATE TABLE t2 (a int, b date, c date, d text)");
  const auto run = read_platform(
      "ingestion: {query: SELECT * FROM s}\npersistence: {table_name: t2, strategy: replace}\n");
  REQUIRE(run.parsed.said().empty());
  static_cast<void>(AdHocQuery(query_of(bed, run)).run());
  CHECK(bed.dst("SELECT t2::text FROM t2") == "(7,2024-02-29,2024-02-29,5)");
  bed.src("INSERT INTO s VALUES (7.5, NULL, NULL, NULL)");
  const auto half = error_of(query_of(bed, run));
  CHECK(half.sqlstate() == "22P02");
  CHECK(std::string(half.what()).find("does not survive as integer: 7.5") != std::string::npos);
  bed.src("DELETE FROM s; INSERT INTO s VALUES (1, 'no date', NULL, NULL)");
  CHECK(error_of(query_of(bed, run)).sqlstate() == "22007");
  CHECK(bed.dst("SELECT t2::text FROM t2") == "(7,2024-02-29,2024-02-29,5)");
  // Without it, a type that does not fit is told before the first row.
  auto options = query_of(bed, run);
  options.checked_casts = false;
  check_error(error_of(options), ErrorKind::target, "42804");
}

}  // namespace leat::test
