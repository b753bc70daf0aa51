// What of each type's values a comparison notices.
#include <algorithm>
#include <numeric>
#include <random>
#include <sstream>

#include "support/random.hpp"
#include "type_samples.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A target whose encoding is another, so that rows are compared by their bytes.
VerifyTableOptions by_bytes(VerifyTableOptions options) {
  static const bool created = [] {
    Bed::server().psql("src",
                       "CREATE DATABASE verify_ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0");
    return true;
  }();
  static_cast<void>(created);
  options.target = ConnectionFactory().resolve(Bed::server().uri("verify_ascii"));
  return options;
}

/// Every scan of these databases is done by several processes, as that of a large table is.
class ParallelScans {
 public:
  explicit ParallelScans(std::vector<std::string> databases) : databases_(std::move(databases)) {
    for (const auto& database : databases_) {
      for (const char* const setting : {"min_parallel_table_scan_size = 0", "parallel_setup_cost = 0",
                                        "parallel_tuple_cost = 0", "max_parallel_workers_per_gather = 2"}) {
        Bed::server().psql(database, "ALTER DATABASE " + database + " SET " + setting);
      }
      // Sessions that are kept have the settings of their beginning.
      const std::string sessions = " FROM pg_stat_activity WHERE datname = '" + database + "'";
      Bed::server().psql("postgres", "SELECT pg_terminate_backend(pid)" + sessions);
      const auto are_gone = [&] { return Bed::on("postgres", "SELECT count(*)" + sessions) == "0\n"; };
      REQUIRE(becomes_true(patience, are_gone));
    }
  }
  ParallelScans(const ParallelScans&) = delete;
  ParallelScans& operator=(const ParallelScans&) = delete;
  ~ParallelScans() {
    for (const auto& database : databases_) {
      Bed::server().psql(database, "ALTER DATABASE " + database + " RESET ALL");
    }
  }

 private:
  std::vector<std::string> databases_;
};

}  // namespace

TEST_CASE("verify: every change of one value into another is noticed, for every base type and arrays of it",
          "[server][verify][sql][random]") {
  const Bed bed;
  constexpr std::size_t most_values = 20;
  const RandomRun run(most_values - 1);
  std::mt19937 random(run.seed());
  const bool bytes = GENERATE(false, true);
  const auto options = bytes ? by_bytes(verify_options()) : verify_options();
  const std::string target = bytes ? "verify_ascii" : "dst";
  const std::string types = bed.src(
      "SELECT string_agg(typname, ' ' ORDER BY typname) FROM pg_type WHERE typnamespace = "
      "'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A' OR typname IN "
      "('int2vector', 'oidvector')");
  std::istringstream names(types);
  for (std::string name; names >> name;) {
    if (std::string(types_without_input).find("'" + name + "'") != std::string::npos) continue;
    INFO(name);
    const auto sample = samples.find(name);
    REQUIRE(sample != samples.end());
    if (!is_chosen(random)) continue;
    const std::string type = "pg_catalog.\"" + name + "\"";
    for (const std::string& database : {std::string("src"), target}) {
      // v of a row is sample number `at`, after the last one NULL.
      Bed::on(database,
              "SET client_min_messages = error; DROP TABLE IF EXISTS t; CREATE TABLE t (id int "
              "PRIMARY KEY, v " +
                  type + ", a " + type +
                  "[]); INSERT INTO t SELECT n, v, CASE "
                  "WHEN v IS NOT NULL THEN ARRAY[v, NULL, v] END FROM unnest(ARRAY[" +
                  sample->second + ", NULL]::" + type + "[]) WITH ORDINALITY AS u(v, n)");
    }
    CHECK(differences(options).empty());
    const int rows = std::stoi(Bed::on(target,
                                       "SET client_min_messages = error; DROP TABLE IF EXISTS kept; "
                                       "CREATE TABLE kept AS TABLE t; SELECT count(*) FROM t"));
    REQUIRE(rows <= static_cast<int>(most_values));
    // How far the other value is from each: as many distances as there are rounds, or only one.
    std::vector<int> steps(static_cast<std::size_t>(rows - 1));
    std::iota(steps.begin(), steps.end(), 1);
    std::shuffle(steps.begin(), steps.end(), random);
    steps.resize(std::min(steps.size(), bytes ? 1 : run.rounds()));
    for (const int step : steps) {
      const std::string other =
          "(t.id - 1 + " + std::to_string(step) + ") % " + std::to_string(rows) + " + 1";
      Bed::on(target, "UPDATE t SET v = kept.v, a = kept.a FROM kept WHERE kept.id = " + other);
      const VerifyReport report = VerifyTable(options).run();
      CHECK_FALSE(report.equal);
      REQUIRE(report.differences.size() == static_cast<std::size_t>(rows));
      for (const auto& difference : report.differences) {
        INFO(difference.key.front().value());
        CHECK(difference.kind == RowDifferenceKind::changed);
        CHECK(difference.columns.size() == 2);
      }
    }
  }
}

TEST_CASE("verify: values that are equal but not the same are noticed", "[server][verify][sql]") {
  const Bed bed;
  struct Pair {
    const char* type;
    const char* source;
    const char* target;
  };
  const std::vector<Pair> pairs{
      {"numeric", "1.0", "1.00"},
      {"numeric", "1", "-1"},
      {"numeric", "'NaN'", "'Infinity'"},
      {"numeric", "'NaN'", "NULL"},
      {"float8", "'0'", "'-0'"},
      {"float4", "'0'", "'-0'"},
      {"float8", "0", "NULL"},
      {"text", "''", "NULL"},
      {"text", "'a'", "'a '"},
      {"interval", "'1 mon'", "'30 days'"},
      {"interval", "'1 day'", "'24 hours'"},
      {"timetz", "'12:00+00'", "'13:00+01'"},
      {"jsonb", "'1.0'", "'1.00'"},
      {"json", "'{\"a\":1}'", "'{\"a\": 1}'"},
      {"int8", "0", "4294967297"},
      {"timestamp", "'2000-01-01'", "timestamp '2000-01-01' + interval '4294.967297 s'"},
      {"int4[]", "'{1,2}'", "'{{1,2}}'"},
      {"int4[]", "'{1,2}'", "'[0:1]={1,2}'"},
      {"numeric[]", "'{1.0}'", "'{1.00}'"},
      {"numrange", "'[1.0,2]'", "'[1.00,2]'"},
      {"text[]", "'{\"\"}'", "'{NULL}'"},
      {"bpchar", "'a'", "'a '"},
      {"bytea", R"('\x00')", R"('\x0000')"},
  };
  for (const auto& [type, source, target] : pairs) {
    INFO(type << ": " << source << " and " << target);
    bed.both("DROP TABLE IF EXISTS t; CREATE TABLE t (id int PRIMARY KEY, v " + std::string(type) + ")");
    bed.src("INSERT INTO t VALUES (1, " + std::string(source) + ")");
    bed.dst("INSERT INTO t VALUES (1, " + std::string(target) + ")");
    const VerifyReport report = VerifyTable(verify_options()).run();
    REQUIRE(report.differences.size() == 1);
    CHECK(report.differences.front().columns.front().column == "v");
  }
}

TEST_CASE("verify: types of the databases' own are the same whatever their numbers",
          "[server][verify][sql]") {
  const Bed bed;
  bed.dst("CREATE TYPE earlier AS ENUM ('x'); CREATE DOMAIN d0 AS int");
  bed.src("CREATE TYPE mood AS ENUM ('sad', 'ok')");
  bed.dst("CREATE TYPE mood AS ENUM ('ok', 'sad')");
  bed.both(
      "CREATE TYPE pair AS (a text, m mood); CREATE DOMAIN percent AS numeric(5,2); CREATE DOMAIN words AS "
      "text COLLATE \"C\"; CREATE TYPE moods AS RANGE (SUBTYPE = float8); CREATE TABLE t (id percent PRIMARY "
      "KEY, e mood, es mood[], c pair, cs pair[], w words, ws words[], r moods, \"odd \"\"'\" mood)");
  bed.src(
      "INSERT INTO t VALUES (1, 'ok', '{sad,ok}', ('a,\"b', 'ok'), ARRAY[('x', NULL)::pair], 'w', '{a,b}', "
      "'[1,2)', 'sad'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (3, 'sad', '{}', (NULL, NULL), "
      "'{}', '', '{}', 'empty', NULL)");
  static_cast<void>(CopyTable(bed.copy()).run());
  CHECK(differences().empty());
  bed.dst(
      "UPDATE t SET e = 'sad', c = ('a,\"b', 'sad') WHERE id = 1; UPDATE t SET c = (NULL, NULL) WHERE id = "
      "2; "
      "UPDATE t SET c = NULL, \"odd \"\"'\" = 'ok' WHERE id = 3");
  CHECK(differences() ==
        "changed 1.00: e 'ok' -> 'sad', c '(\"a,\"\"b\",ok)' -> '(\"a,\"\"b\",sad)'; changed 2.00: c NULL -> "
        "'(,)'; changed 3.00: c '(,)' -> NULL, odd \"' NULL -> 'ok'");
}

TEST_CASE("verify: what a copy converts on the way is equal", "[server][verify][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, a int2, b numeric(6,1), c char(3), d varchar(5), e date, f "
      "float4, g "
      "jsonb, h timestamptz, i int4[], j numeric(6,1)[], k char(3)[], l money, m name, n bool)");
  bed.dst(
      "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b numeric(9,3), c char(5), d text, e timestamp, f "
      "float8, g json, h text, i bigint[], j numeric(9,3)[], k char(6)[], l numeric, m text, n text)");
  bed.src(
      "INSERT INTO t VALUES (1, -3, 1.5, 'ab', 'v  ', '2024-02-29', 0.1, '{\"b\": 1.50, \"a\": 2}', "
      "'2024-01-01 12:00+02', '{1,NULL}', '{1.5,2}', '{a,bc}', '12.34', 'n', true); INSERT INTO t (id) "
      "VALUES (2)");
  static_cast<void>(CopyTable(bed.copy()).run());
  CHECK(differences().empty());
  bed.dst("UPDATE t SET b = 1.501 WHERE id = 1");
  CHECK(differences() == "changed 1: b '1.500' -> '1.501'");
}

TEST_CASE("verify: text is compared by its characters, whatever the collations and encodings",
          "[server][verify][sql]") {
  const Bed bed;
  bed.both("CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  bed.src("CREATE TABLE t (id text COLLATE blind PRIMARY KEY, v text COLLATE blind)");
  bed.dst("CREATE TABLE t (id text COLLATE \"C\" PRIMARY KEY, v text COLLATE blind)");
  bed.both("INSERT INTO t SELECT 'žluť ' || i, 'v' FROM generate_series(1, 5000) i");
  CHECK(differences().empty());
  bed.dst("UPDATE t SET v = 'V' WHERE id = 'žluť 4711'; DELETE FROM t WHERE id = 'žluť 9'");
  CHECK(differences() == "changed žluť 4711: v 'v' -> 'V'; missing žluť 9");

  VerifyTableOptions other = by_bytes(verify_options());
  Bed::on("verify_ascii",
          "DROP TABLE IF EXISTS t; CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t SELECT "
          "'žluť ' || i, 'v' FROM generate_series(1, 5000) i");
  CHECK(differences(other).empty());
  Bed::on("verify_ascii", "UPDATE t SET v = 'ž' WHERE id = 'žluť 4711'");
  const VerifyReport report = VerifyTable(other).run();
  CHECK(told(report) == "changed žluť 4711: v 'v' -> 'ž'");
  REQUIRE(report.ranges.size() == 1);
  CHECK(report.ranges.front().from->front().starts_with("žluť "));
}

TEST_CASE("verify: parallel scans of databases of different encodings agree", "[server][verify][sql]") {
  const Bed bed;
  static const bool created = [] {
    Bed::server().psql("src", "CREATE DATABASE verify_latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    return true;
  }();
  static_cast<void>(created);
  const auto in_latin = [](const std::string& sql) { return Bed::on("verify_latin", sql); };
  const std::string table = "CREATE TABLE t (id int PRIMARY KEY, v text, n name, a text[])";
  bed.src(table);
  in_latin("DROP TABLE IF EXISTS t; " + table);
  bed.src(
      "INSERT INTO t SELECT i, chr(228) || i, chr(228), ARRAY[chr(246), NULL] FROM generate_series(1, "
      "60000) i");
  const ParallelScans parallel({"src", "verify_latin"});
  REQUIRE(bed.src("EXPLAIN SELECT count(*), sum(id) FROM t").find("Workers Planned") != std::string::npos);

  CopyTableOptions copy = bed.copy();
  copy.target = ConnectionFactory().resolve(Bed::server().uri("verify_latin"));
  copy.stream.verify = true;
  CHECK(CopyTable(copy).run().rows_written == 60000);
  in_latin("ANALYZE t");
  VerifyTableOptions options = verify_options();
  options.target = copy.target;
  CHECK(differences(options).empty());
  in_latin("UPDATE t SET v = chr(252) WHERE id = 4711");
  CHECK(differences(options) == "changed 4711: v 'ä4711' -> 'ü'");
}

TEST_CASE("verify: what is printed does not depend on a database's settings", "[server][verify][sql]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, a timestamptz[], r tstzrange, m money, o regclass, s text)");
  bed.src("CREATE SCHEMA hidden; CREATE TABLE hidden.here (a int)");
  bed.dst("CREATE SCHEMA hidden; CREATE TABLE hidden.here (a int)");
  bed.src(
      "ALTER DATABASE src SET TimeZone = 'Asia/Tokyo'; ALTER DATABASE src SET search_path = hidden, public");
  bed.src(
      "INSERT INTO public.t VALUES (1, '{2024-01-01 00:00+00}', '[2024-01-01 00:00+00,)', '1.23', "
      "'hidden.here', 'x')");
  static_cast<void>(CopyTable(bed.copy()).run());
  CHECK(differences().empty());
  bed.dst("UPDATE t SET o = 'pg_class', a = '{2024-01-01 00:00:01+00}'");
  const VerifyReport report = VerifyTable(verify_options()).run();
  REQUIRE(report.differences.size() == 1);
  CHECK(report.differences.front().columns.size() == 2);
  bed.src("ALTER DATABASE src RESET ALL; DROP SCHEMA hidden CASCADE");
  bed.dst("DROP SCHEMA hidden CASCADE");
}

TEST_CASE("verify: what COPY has written is equal, though it leaves out a part of XML", "[server][verify]") {
  const Bed bed;
  bed.both(
      "CREATE DOMAIN page AS xml; CREATE TYPE leaf AS (n int, x xml); CREATE TABLE t (id int PRIMARY KEY, x "
      "xml, d page, a xml[], c leaf, m leaf[])");
  bed.src(
      "INSERT INTO t SELECT n, v::xml, v::xml, ARRAY[v::xml, NULL, v::xml], ROW(n::int, v::xml)::leaf, "
      "ARRAY[ROW(n::int, v::xml)::leaf] FROM unnest(ARRAY['<?xml version=\"1.0\"?><a/>', '<a/>', '<?xml "
      "version=\"1.0\" encoding=\"ISO-8859-1\"?><a b=\"c\">d</a>', '<?xml version=\"1.0\" "
      "standalone=\"yes\"?>' || E'\\n\\n<a/>', E'<?xml version=\"1.0\"?>\\n<a/>', E'\\n<a/>', '', 'no root', "
      "'<?xml version=\"1.1\"?><a/>', NULL]) WITH ORDINALITY AS u(v, n)");
  // Each output leaves out one more line break.
  bed.src(
      "INSERT INTO t SELECT 11, v, v, ARRAY[NULL, v], ROW(1, v)::leaf, ARRAY[NULL, ROW(NULL, NULL)::leaf, "
      "ROW(2, v)::leaf] FROM (SELECT E'<?xml version=\"1.0\"?>\\n\\n\\n<a/>'::xml) AS s(v); INSERT INTO t "
      "SELECT 12, v, v, ARRAY[[v], [NULL::xml]], ROW(1, v)::leaf, ARRAY[ROW(2, v)::leaf] FROM (SELECT "
      "E'\\n\\n<a/>'::xml) AS s(v)");
  const bool by_text = GENERATE(false, true);
  CAPTURE(by_text);
  if (by_text) bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
  auto options = bed.copy();
  options.stream.verify = true;
  const WriteMode mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::upsert);
  options.mode = mode;
  CHECK(CopyTable(options).run().rows_written == 12);
  CHECK(differences().empty());
  bed.dst("UPDATE t SET x = '<A/>' WHERE id = 2");
  CHECK(differences() == "changed 2: x '<a/>' -> '<A/>'");
  bed.dst("UPDATE t SET x = '<a/>', a = ARRAY['<a/>', NULL, '<A/>']::xml[] WHERE id = 2");
  CHECK(differences() == "changed 2: a '{<a/>,NULL,<a/>}' -> '{<a/>,NULL,<A/>}'");
  bed.dst(
      "UPDATE t SET a = ARRAY['<a/>', NULL, '<a/>']::xml[] WHERE id = 2; UPDATE t SET m = ARRAY[ROW(NULL, "
      "NULL)::leaf, NULL, m[3]] WHERE id = 11; UPDATE t SET a = ARRAY[a[1][1], NULL], c.x = '<b/>' WHERE id "
      "= "
      "12");
  const VerifyReport report = VerifyTable(verify_options()).run();
  REQUIRE(report.differences.size() == 2);
  CHECK(report.differences.front().columns.size() == 1);
  CHECK(report.differences.front().columns.front().column == "m");
  CHECK(report.differences.back().columns.size() == 2);
}
