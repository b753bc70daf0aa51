// Documents of the Data Pipeline Platform, read as leat's own.
#include "leat/documents/platform_document.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "documents/parsed.hpp"
#include "documents/pipeline_text.hpp"
#include "documents/spoiled.hpp"
#include "support/catch.hpp"
#include "support/own_directory.hpp"
#include "support/random.hpp"

namespace leat::test {
namespace {

struct Converted {
  Parsed parsed{};
  NativeDocument native{};

  [[nodiscard]] std::string said() const { return parsed.said(); }
  [[nodiscard]] std::string text() const { return to_yaml(native.document); }
  [[nodiscard]] std::string commented() const { return to_yaml(native.document, native.comments); }
};

Converted convert(std::string text, PlatformReading reading = {}) {
  Converted converted{.parsed = parse(std::move(text))};
  REQUIRE(converted.parsed.root);
  REQUIRE(is_platform_document(*converted.parsed.root));
  converted.native = native_document(*converted.parsed.root, reading, converted.parsed.diagnostics);
  return converted;
}

/// A document with these steps.
std::string with_steps(const std::string& steps) {
  return "ingestion: {query: SELECT * FROM users}\n"
         "transformation:\n"
         "  type: config\n"
         "  config:\n"
         "    config: " +
         steps +
         "\n"
         "persistence: {table_name: t}\n";
}

/// What is said of one with these steps, without lines of the document.
std::string said_of_steps(const std::string& steps) {
  const auto said = convert(with_steps(steps)).said();
  std::string out;
  for (std::size_t at = 0; at < said.size();) {
    const std::size_t end = said.find('\n', at);
    const std::string line = said.substr(at, end - at);
    if (line.find(" | ") == std::string::npos) out += line + "\n";
    at = end + 1;
  }
  return out;
}

/// The steps as they are corrected.
std::string corrected(const std::string& steps) {
  const auto converted = convert(with_steps(steps), {.corrects = true});
  INFO(converted.said());
  CHECK_FALSE(converted.parsed.diagnostics.has_error());
  const NodeEntry* const loads = converted.native.document.find("loads");
  REQUIRE(loads != nullptr);
  const NodeEntry* const transform = loads->value.items.front().find("transform");
  return transform == nullptr ? "" : to_yaml(transform->value);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* select_and_add = R"json({"pipeline_config": {
  "ingestion": {"query": "SELECT * FROM users", "source_db_url": "postgresql+psycopg2://etl@db1:5432/shop"},
  "transformation": {"type": "config", "config": {"config": {
    "version": 2,
    "select": ["id", "name", "email"], "rename": {"name": "full_name"},
    "filter": {"status": "active", "id": {">=": 10, "<": 400}},
    "add_columns": {"created_year": "EXTRACT(YEAR FROM created_at)"},
    "transformations": [{"type": "apply", "column": "full_name", "function": "strip"},
                        {"type": "map", "column": "email", "mapping": {"a": "b"}}]}}},
  "persistence": {"table_name": "users_clean", "schema": "Staging", "dest_db_url": "postgresql://etl@db2/dwh",
                  "strategy": "INSERT"}},
 "pipeline_id": "Users nightly"})json";

constexpr const char* sql_and_key = R"(
ingestion:
  query: SELECT * FROM users WHERE created_at > :start_date AND id > :least
  parameters: {start_date: "2024-01-01", least: 7}
  batch_size: 10000
transformation:
  type: sql
  config:
    sql_query: SELECT id, UPPER(name) AS name_upper FROM :table_name WHERE ok = :ok
    parameters: {ok: true, least: 7}
persistence: {table_name: users_staging, strategy: upsert, upsert_keys: [id], if_exists: append}
)";

constexpr const char* grouped = R"(
ingestion: {query: SELECT * FROM users, source_db_url: "postgresql://etl@db1/shop"}
transformation:
  type: config
  config:
    config:
      aggregations:
        group_by: status
        aggregate: {users: COUNT(*), last_seen: MAX(created_at), mean: AVERAGE(id)}
persistence: {table_name: users_by_status, dest_db_url: "postgresql://etl@db2/dwh", strategy: replace}
)";

}  // namespace

TEST_CASE("Platform document: it says in leat's own form what it says", "[documents]") {
  const auto added = convert(select_and_add);
  CHECK(has(added.said(), "note: pipeline_config.transformation.config.config.version is not used"));
  CHECK_FALSE(added.parsed.diagnostics.has_error());
  CHECK(added.text() == R"yaml(leat: 1
name: users-nightly
labels: {pipeline_id: Users nightly}
connections:
  source: postgresql://etl@db1:5432/shop
  target: postgresql://etl@db2/dwh
source: source
target: target
loads:
  - sql: SELECT * FROM users
    transform:
      select: [id, name, email]
      rename: {name: full_name}
      filter:
        status: active
        id: {">=": 10, "<": 400}
      add_columns: {created_year: EXTRACT(YEAR FROM created_at)}
      transformations:
        - {type: apply, column: full_name, function: strip}
        - type: map
          column: email
          mapping: {a: b}
          otherwise: null
    to: '"Staging".users_clean'
    mode: append
    checked_casts: true
)yaml");
  const auto keyed = convert(sql_and_key);
  CHECK(keyed.said() ==
        "a.yaml:5:3: note: ingestion.batch_size is not used: batches are counted in bytes (batch_bytes, "
        "memory) "
        "[not-used]\n"
        "    5 |   batch_size: 10000\n"
        "      |   ^~~~~~~~~~\n");
  CHECK(keyed.commented() ==
        R"yaml(# left out: ingestion.batch_size: batches are counted in bytes (batch_bytes, memory)
leat: 1
params:
  start_date: {default: "2024-01-01"}
  least: {type: integer, default: "7"}
  ok: {type: boolean, default: "true"}
connections: {source: "${env:SOURCE_DB_URL}", target: "${env:DEST_DB_URL}"}
source: source
target: target
loads:
  - sql: |-
      SELECT * FROM users WHERE created_at > :start_date AND id > :least
    transform:
      sql: |-
        SELECT id, UPPER(name) AS name_upper FROM input_data WHERE ok = :ok
    to: users_staging
    mode: upsert
    key: [id]
    create: columns
    # a value goes into another type of the target's where it survives it
    checked_casts: true
)yaml");
  const auto groups = convert(grouped);
  CHECK(groups.said().empty());
  CHECK(has(groups.text(), R"yaml(      aggregations:
        group_by: [status]
        aggregate: {users: COUNT(*), last_seen: MAX(created_at), mean: AVG(id)}
)yaml"));
  CHECK(has(groups.text(), "    mode: replace\n"));
}

TEST_CASE("Platform document: what is written of it is read as the same loads", "[documents]") {
  for (const char* const text : {select_and_add, sql_and_key, grouped}) {
    const auto converted = convert(text);
    const std::string written = converted.commented();
    INFO(written);
    const auto direct = read_pipeline_of(converted.native.document);
    Parsed again = parse(written);
    REQUIRE(again.root);
    const auto read = read_pipeline_of(*again.root);
    CHECK(direct.said.empty());
    CHECK(read.said.empty());
    CHECK(read.text == direct.text);
    CHECK(has(read.text, "sql: SELECT * FROM users"));
  }
}

TEST_CASE("Platform document: a load without a transform, and databases by the environment", "[documents]") {
  for (const char* const transformation :
       {"", "transformation: {}\n", "transformation: {type: null, config: {}}\n",
        "transformation: {type: config, config: {config: {}}}\n"}) {
    const auto converted = convert(std::string("ingestion: {query: SELECT 1 AS id, source_db_url: null}\n") +
                                   transformation + "persistence: {table_name: Users, strategy: append}\n");
    CHECK(converted.said().empty());
    CHECK(converted.text() == R"yaml(leat: 1
connections: {source: "${env:SOURCE_DB_URL}", target: "${env:DEST_DB_URL}"}
source: source
target: target
loads:
  - sql: SELECT 1 AS id
    to: '"Users"'
    mode: append
    checked_casts: true
)yaml");
    const auto read = read_pipeline_of(converted.native.document);
    CHECK(read.said.empty());
    INFO(read.text);
    CHECK(has(read.text, "connection source: host=SOURCE_DB_URL user=env"));
    CHECK(has(read.text, "connection target: host=DEST_DB_URL user=env"));
  }
}

TEST_CASE("Platform document: steps of a file are read from beside it, with their places", "[documents]") {
  const OwnDirectory directory;
  static_cast<void>(directory.write("steps.yaml", "select: [id]\nfilter: {status: null}\n"));
  static_cast<void>(directory.write("steps.json", R"({"select": ["id"]})"));
  const auto right = convert(with_steps("steps.json"), {.directory = directory.path()});
  CHECK(right.said().empty());
  CHECK(has(right.text(), "transform:\n      select: [id]\n"));
  const auto wrong = convert(with_steps("steps.yaml"), {.directory = directory.path()});
  CHECK(has(wrong.said(), "steps.yaml:2:18: transformation.config.config.filter.status compares with null"));
  CHECK(has(convert(with_steps("none.json"), {.directory = directory.path()}).said(), "[missing-file]"));
  CHECK(has(convert(with_steps("steps.txt"), {.directory = directory.path()}).said(),
            "must be steps, or name a file of YAML or JSON"));
}

TEST_CASE("Platform document: what it was silent about is an error that says what to write", "[documents]") {
  const auto said = [](const std::string& steps, const std::string& message, const std::string& hint) {
    const std::string all = said_of_steps(steps);
    INFO(steps);
    INFO(all);
    CHECK(has(all, message));
    CHECK(has(all, "   hint: " + hint));
  };
  said("{add_columns: {source: the web}}", "add_columns.source is no SQL: nothing stands between the and web",
       "write {value: the web}");
  said("{add_columns: {source: 'http://a/b'}}", "is no SQL: :// may not stand there",
       "write {value: \"http://a/b\"}");
  said("{add_columns: {ok: 'status == \"active\"'}}", "is no SQL: it has no ==", "write status = 'active'");
  said("{add_columns: {ok: '(a > 1) & (b < 2)'}}", "is no SQL: it has no &", "write (a > 1) AND (b < 2)");
  said("{add_columns: {n: name.str.upper()}}", "is no SQL: it has no .str.", "write upper(name)");
  said("{add_columns: {n: day.dt.year}}", "is no SQL: it has no .dt.", "write extract(year FROM day)");
  said("{add_columns: {n: a ** 2}}", "is no SQL: it has no **", "write a ^ 2");
  said("{add_columns: {n: a // b}}", "is no SQL: it has no //", "write floor(a::numeric / b)");
  said("{add_columns: {n: name.str.zfill(3)}}", "is no SQL: it has no .str.", "write an SQL expression");
  said("{select: [id], add_columns: {source: web}}",
       "warning: transformation.config.config.add_columns.source means "
       "the column web of the query, which was not selected",
       "for the text write {value: web}");
  said("{filter: {a: {is_null: false}}}", "filter.a.is_null must be true", "write is_not_null: true");
  said("{filter: {a: null}}", "filter.a compares with null", "write {is_null: true}");
  said("{filter: {a: [1, 2]}}", "filter.a must be a value", "write {in: […]}");
  said("{filter: {a: {'!=': null}}}", "compares with null", "write {is_not_null: true}");
  said("{filter: {a: {'=': 1}}}", "is no operator of leat's", "write ==");
  said("{filter: {a: {contain: x}}}", "the operator \"contain\" is not known", "did you mean contains?");
  said("{where: {a: 1}}", "config.where is no key of leat's", "write filter");
  said("{selct: [a]}", "has no key \"selct\"", "did you mean select?");
  said("{select: id}", "config.select must be a list", "write it in brackets: [id]");
  said("{transformations: [{type: apply, column: a, function: trim}]}", "is no function of leat's",
       "write strip");
  said("{transformations: [{type: aply, column: a, function: upper}]}", "the type \"aply\" is not known",
       "did you mean apply?");
  said("{aggregations: {group_by: [a], aggregate: {n: amount}}}", "is no call of an aggregate",
       "write the aggregate whose value it is to have: SUM(amount)");
  said("{aggregations: {group_by: [a], aggregate: {n: MEDIAN(amount)}}}", "which is no aggregate of SQL",
       "write percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)");
  // Told once each.
  const auto once = said_of_steps("{where: {a: 1}, filter: {a: {'=': 1}}}");
  const auto first = once.find("[unknown-");
  REQUIRE(first != std::string::npos);
  CHECK(once.find("[unknown-", first + 1) != std::string::npos);
  CHECK(once.find("[unknown-", once.find("[unknown-", first + 1) + 1) == std::string::npos);
  // What is SQL is left to the server.
  CHECK(said_of_steps(
            "{add_columns: {a: EXTRACT(YEAR FROM b), c: UPPER(name), d: name, e: \"'x y'\", f: -1.5, g: "
            "b AT TIME ZONE 'UTC', h: a || ' ' || b, i: \"date '2024-01-01'\", j: CURRENT_DATE, k: web-shop, "
            "l: CAST(a AS double precision), m: a IS NOT NULL AND NOT b, n: 5, o: true, p: a & b}}")
            .empty());
}

TEST_CASE("Platform document: --fix writes it", "[documents]") {
  CHECK(
      corrected("{add_columns: {source: the web, ok: 'status == \"active\"', n: a // b, m: day.dt.date}}") ==
      "add_columns:\n  source: {value: the web}\n  ok: status = 'active'\n  n: floor(a::numeric / b)\n  m: "
      "day::date\n");
  CHECK(corrected("{select: id, rename: {id: key}, add_columns: {source: web, twice: key}}") ==
        "select: [id]\nrename: {id: key}\nadd_columns:\n  source: {value: web}\n  twice: key\n");
  CHECK(corrected("{filter: {a: null, b: [1], c: {is_null: false}, d: {'!=': null}, e: {'=': 1}, f: "
                  "{contain: x}}}") ==
        "filter:\n  a: {is_null: true}\n  b:\n    in: [1]\n  c: {is_not_null: true}\n  d: {is_not_null: "
        "true}\n  e: "
        "{\"==\": 1}\n  f: {contains: x}\n");
  CHECK(corrected("{where: {a: 1}, selct: [a], drop_columns: b}") ==
        "filter: {a: 1}\nselect: [a]\ndrop_columns: [b]\n");
  CHECK(
      corrected(
          "{transformations: [{type: apply, column: a, function: trim}, {type: maps, column: a, mapping: {a: "
          "1}}]}") ==
      "transformations:\n  - {type: apply, column: a, function: strip}\n  - type: map\n    column: a\n    "
      "mapping: "
      "{a: 1}\n    otherwise: null\n");
  const std::string groups =
      corrected("{aggregations: {group_by: a, aggregate: {n: NUNIQUE(b), m: MEDIAN(c)}}}");
  CHECK(has(groups, "group_by: [a]"));
  CHECK(has(groups, "n: COUNT(DISTINCT b)"));
  CHECK(has(groups, "m: percentile_cont(0.5) WITHIN GROUP (ORDER BY c)"));
  const auto mode = convert(
      "ingestion: {query: SELECT 1 AS id}\ntransformation: {type: sql, config: {sql_query: \"SELECT id, "
      "UPPER(name), "
      "count(*) FROM input_data\"}}\npersistence: {table_name: t, strategy: upsrt, upsert_keys: id}\n",
      {.corrects = true});
  CHECK_FALSE(mode.parsed.diagnostics.has_error());
  CHECK(has(mode.said(),
            "warning: transformation.config.sql_query: the server calls the column \"count(*)\" count"));
  CHECK(has(mode.commented(),
            "      # it was: UPPER(name) without a name\n"
            "      sql: |-\n        SELECT id, UPPER(name) AS name_upper, count(*) FROM input_data\n"));
  CHECK(has(mode.commented(), "    # it was: strategy: upsrt\n    mode: upsert\n    key: [id]\n"));
  const auto none = convert(with_steps("{aggregations: {aggregate: {n: amount}}}"), {.corrects = true});
  CHECK(none.parsed.diagnostics.errors() == 1);
}

TEST_CASE("Platform document: whatever is in one, what is written of it is read as the same",
          "[documents][random]") {
  const RandomRun run(4000, 400);
  std::mt19937 random(run.seed());
  std::size_t right = 0;
  for (std::size_t i = 0; i < run.rounds(); ++i) {
    const char* const text = i % 3 == 0 ? select_and_add : i % 3 == 1 ? sql_and_key : grouped;
    auto spoiled = nlohmann::ordered_json::parse(to_json(*parse(text).root));
    for (auto left = random() % 3; left > 0; --left) Spoiler(random).spoil(spoiled);
    const auto parsed = parse(spoiled.dump());
    if (!parsed.root || !is_platform_document(*parsed.root)) continue;
    const auto converted = convert(spoiled.dump(), {.corrects = i % 2 == 0});
    INFO(spoiled.dump() << "\n" << converted.said());
    if (converted.parsed.diagnostics.has_error()) continue;
    ++right;
    const std::string written = converted.commented();
    INFO(written);
    Parsed again = parse(written);
    REQUIRE(again.root);
    CHECK(again.said().empty());
    const auto direct = read_pipeline_of(converted.native.document);
    const auto read = read_pipeline_of(*again.root);
    CHECK(direct.said.empty());
    CHECK(read.said.empty());
    CHECK(read.text == direct.text);
  }
  CHECK(right > run.rounds() / 10);
}

TEST_CASE("Platform document: what else is wrong with one is told under its own paths", "[documents]") {
  const auto said = [](const std::string& text) { return convert(text).said(); };
  CHECK(has(said("ingestion: {query: SELECT 1}\n"), "persistence is missing"));
  CHECK(has(said("pipeline_config: {ingestion: {qery: SELECT 1}, persistence: {table_name: a}}\n"),
            "pipeline_config.ingestion has no key \"qery\""));
  const std::string good = "ingestion: {query: SELECT 1 AS a}\n";
  CHECK(has(said("ingestion: {query: \"SELECT :day AS a\"}\npersistence: {table_name: a}\n"),
            "ingestion.query has :day, which has no value"));
  CHECK(
      has(said("ingestion: {query: SELECT 1 AS a, source_db_url: the shop}\npersistence: {table_name: a}\n"),
          "ingestion.source_db_url is no place to connect to"));
  CHECK(has(said(good + "persistence: {table_name: a, strategy: merge}\n"),
            "persistence.strategy \"merge\" is not known, and was taken for insert once"));
  CHECK(has(said(good + "persistence: {table_name: a, strategy: upsert}\n"), "write upsert_keys: [id]"));
  CHECK(has(said(good + "persistence: {table_name: a, upsert_keys: [id]}\n"),
            "warning: persistence.upsert_keys is not used"));
  CHECK(has(said(good + "persistence: {table_name: a, if_exists: fail}\n"), "leave if_exists out"));
  CHECK(has(said(good + "persistence: {table_name: a, if_exists: replace}\n"), "write strategy: replace"));
  CHECK(has(said(good + "persistence: {table_name: a, validate_schema: s}\n"),
            "warning: persistence.validate_schema is not used"));
  CHECK(has(said(good + "transformation: {type: pandas}\npersistence: {table_name: a}\n"),
            "write sql, config or code"));
  CHECK(has(said(good + "transformation: {type: code, config: {function_path: 'clean.py:clean'}}\n"
                        "persistence: {table_name: a}\n"),
            "leat does not run Python itself, so \"clean.py:clean\" is not called"));
  CHECK(has(said("ingestion: {query: SELECT 1, source_db_url: 'mysql+pymysql://a@b/c'}\npersistence: "
                 "{table_name: a}\n"),
            "ingestion.source_db_url is of mysql, and leat reads and writes PostgreSQL"));
  CHECK(has(said("ingestion: {query: \"SELECT :a\", parameters: {a: [1, 2], b: null}}\npersistence: "
                 "{table_name: a}\n"),
            "= ANY (:a) in the query"));
  CHECK(has(
      said(good +
           "transformation: {type: sql, config: {sql_query: \"SELECT id, UPPER(name) FROM input_data\"}}\n"
           "persistence: {table_name: a}\n"),
      "write UPPER(name) AS name_upper"));
  const auto secret = convert(
      "ingestion: {query: SELECT 1, source_db_url: 'postgresql://etl:pepper@b/c'}\npersistence: {table_name: "
      "a}\n");
  CHECK(has(secret.said(), "warning: ingestion.source_db_url stands in the document itself"));
  CHECK_FALSE(has(secret.said(), "pepper"));
  CHECK(has(secret.commented(), "the password stands here: write ${env:SOURCE_DB_URL} instead"));
  CHECK_FALSE(is_platform_document(*parse("leat: 1\ningestion: {}\n").root));
  CHECK_FALSE(is_platform_document(*parse("loads: []\n").root));
}

}  // namespace leat::test
