// Columns whose types differ between source and target: what passes, how, and what is lossy.
#include <algorithm>
#include <random>
#include <vector>

#include "bed.hpp"
#include "leat/transform/transform.hpp"
#include "support/random.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

struct Pair {
  const char* from;
  const char* to;
  const char* values;  // of the source's type, as VALUES lists them
};

/// Types whose values all go into another type.
const std::vector<Pair> lossless{
    {"smallint", "integer", "(-32768), (32767), (NULL)"},
    {"smallint", "bigint", "(-32768), (32767)"},
    {"smallint", "numeric(5)", "(-32768), (32767)"},
    {"smallint", "real", "(-32768), (32767)"},
    {"smallint", "double precision", "(-32768), (32767)"},
    {"integer", "bigint", "(-2147483648), (2147483647), (NULL)"},
    {"integer", "numeric", "(-2147483648), (2147483647)"},
    {"integer", "numeric(12, 2)", "(-2147483648), (2147483647)"},
    {"integer", "double precision", "(-2147483648), (2147483647)"},
    {"integer", "text", "(-2147483648), (2147483647)"},
    {"bigint", "numeric", "(-9223372036854775808), (9223372036854775807)"},
    {"real", "double precision", "('0.1'), ('NaN'), ('-Infinity'), ('3.4028235e38')"},
    {"numeric(10, 2)", "numeric(12, 4)", "(99999999.99), (-0.01), ('NaN')"},
    {"numeric(10, 2)", "numeric", "(99999999.99), ('NaN')"},
    {"varchar(10)", "text", "('ten chars!'), (''), (NULL)"},
    {"varchar(10)", "varchar(20)", "('ten chars!'), ('')"},
    {"char(5)", "text", "('a'), ('abcde'), ('')"},
    {"char(5)", "varchar(5)", "('a'), ('abcde')"},
    {"name", "text", "('a name')"},
    {"name", "varchar", "('a name')"},
    {"boolean", "text", "(true), (false), (NULL)"},
    {"double precision", "text", "('0.1'), ('5e-324'), ('NaN')"},
    {"bytea", "text", R"(('\x00ff'), (''))"},
    {"uuid", "text", "('0e3a9a2c-4b0e-4f6e-8a51-0f0f0f0f0f0f')"},
    {"timestamptz", "text", "('2024-02-29 12:00:00.000001+00'), ('infinity')"},
    {"timestamp(3)", "timestamp", "('2024-02-29 12:00:00.123'), ('infinity')"},
    {"timestamptz(0)", "timestamptz(6)", "('2024-02-29 12:00:00+00')"},
    {"time(0)", "time", "('24:00')"},
    {"date", "timestamp", "('2024-02-29'), ('infinity'), ('4713-01-01 BC')"},
    {"time", "interval", "('23:59:59.999999')"},
    {"cidr", "inet", "('10.0.0.0/8'), ('2001:db8::/32')"},
    {"macaddr", "macaddr8", "('08:00:2b:01:02:03')"},
    {"bit(5)", "varbit(8)", "(B'10101')"},
    {"bit(5)", "varbit", "(B'10101')"},
    {"jsonb", "json", R"(('{"a": [1, null]}'))"},
    {"jsonb", "text", R"(('{"a": [1, null]}'))"},
    {"oid", "bigint", "(4294967295)"},
    {"money", "numeric(21, 2)", "('12.34'), ('-1.00')"},
    {"integer[]", "bigint[]", "('{1,NULL,-3}'), ('{}'), ('[5:6]={7,8}'), ('{{1,2},{3,4}}'), (NULL)"},
    {"varchar(3)[]", "text[]", "('{abc,NULL}')"},
    {"real[]", "double precision[]", "('{0.1,NaN}')"},
    {"integer[]", "text[]", "('{1,NULL}')"},
    {"integer[]", "text", "('{1,NULL}')"},
    {"int4range", "int8range", "('[1,5)'), ('empty'), ('(,)'), (NULL)"},
    {"timestamptz", "timestamptz(6)", "('2024-02-29 12:00:00.000001+00')"},
    {"time", "time(6)", "('12:00:00.000001')"},
    {"interval", "interval(6)", "('1 day 00:00:00.000001')"},
    {"integer[]", "varchar[]", "('{1,NULL}')"},
    {"boolean[]", "varchar(10)[]", "('{t,NULL}')"},
    {"char(4)[]", "varchar(4)[]", "('{a,NULL}')"},
    {"int2vector", "int2vector", "('1 2'), ('')"},
    {"int2vector", "text", "('1 2')"},
    {"int4range", "text", "('[1,5)')"},
};

/// Types some of whose values would be changed or lost.
const std::vector<Pair> lossy{
    {"bigint", "integer", "(1)"},
    {"integer", "smallint", "(1)"},
    {"integer", "real", "(1)"},
    {"bigint", "double precision", "(1)"},
    {"bigint", "oid", "(1)"},
    {"double precision", "real", "(1)"},
    {"double precision", "numeric", "(1)"},
    {"numeric", "double precision", "(1)"},
    {"numeric", "numeric(10, 2)", "(1)"},
    {"numeric(10, 4)", "numeric(10, 2)", "(1)"},
    {"numeric", "integer", "(1)"},
    {"text", "integer", "('1')"},
    {"text", "boolean", "('t')"},
    {"text", "name", "('n')"},
    {"integer", "boolean", "(1)"},
    {"boolean", "integer", "(true)"},
    {"text", "jsonb", "('1')"},
    {"text", "char(5)", "('a ')"},
    {"json", "jsonb", "('{\"a\":1,\"a\":2}')"},
    {"timestamptz", "timestamp", "('now')"},
    {"timestamp", "timestamptz", "('now')"},
    {"timestamp", "date", "('now')"},
    {"timestamp", "timestamp(0)", "('now')"},
    {"date", "timestamptz", "('now')"},
    {"time", "time(0)", "('now')"},
    {"timetz", "time", "('now')"},
    {"interval", "interval second(0)", "('1 second')"},
    {"inet", "cidr", "('10.0.0.1')"},
    {"bit(5)", "bit(6)", "(B'10101')"},
    {"bigint[]", "integer[]", "('{1}')"},
    {"text", "text[]", "('{}')"},
    {"integer[]", "integer", "('{1}')"},
    {"int8range", "int4range", "('[1,2)')"},
    {"numrange", "int4range", "('[1,2)')"},
    {"int4range", "numrange", "('[1,4]')"},
    {"daterange", "tsrange", "('[2024-01-01,2024-01-02]')"},
    {"int2vector", "smallint[]", "('1 2')"},
    {"smallint[]", "int2vector", "('{1,2}')"},
    {"bytea", "uuid", "('')"},
};

void make_pair(const Bed& bed, const Pair& pair) {
  bed.src("DROP TABLE IF EXISTS t; CREATE TABLE t (v " + std::string(pair.from) + "); INSERT INTO t VALUES " +
          pair.values);
  bed.dst("DROP TABLE IF EXISTS t; CREATE TABLE t (v " + std::string(pair.to) + ")");
}

}  // namespace

TEST_CASE("conversion: types that keep every value of another", "[server][sql][random]") {
  const Bed bed;
  const RandomRun run;
  std::mt19937 random(run.seed());
  const bool as_text = GENERATE(false, true);
  for (const Pair& pair : lossless) {
    if (!is_chosen(random)) continue;
    INFO(pair.from << " into " << pair.to);
    make_pair(bed, pair);
    if (as_text) bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
    // The server's own limits of what is longer are no matter here.
    const auto findings = CopyTable(bed.copy()).plan().findings;
    CHECK(std::all_of(findings.begin(), findings.end(),
                      [](const Finding& f) { return f.code == "type_narrower"; }));
    const JobReport report = CopyTable(bed.copy()).run();
    if (as_text) CHECK(report.format.format == RowFormat::text);
    // What the source's own cast gives, the target has; ranges have none.
    const std::string by_text = contains(pair.to, "range") ? "::text" : "";
    CHECK(bed.dst("SELECT count(*), string_agg(v::text, '; ' ORDER BY v::text) FROM t") ==
          bed.src("SELECT count(*), string_agg(w, '; ' ORDER BY w) FROM (SELECT v" + by_text +
                  "::" + pair.to + "::text AS w FROM t) AS q"));
  }
}

TEST_CASE("conversion: types that would lose values are lossy by name", "[server][sql]") {
  const Bed bed;
  for (const Pair& pair : lossy) {
    INFO(pair.from << " into " << pair.to);
    make_pair(bed, pair);
    bed.dst("INSERT INTO t VALUES (NULL)");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "42804");
    CHECK(contains(error.what(), "column \"v\" of public.t"));
    CHECK(contains(error.what(), bed.src("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
                                         "attrelid = 't'::regclass AND attnum = 1")));
    CHECK(contains(error.what(), bed.dst("SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE "
                                         "attrelid = 't'::regclass AND attnum = 1")));
    CHECK(contains(error.hint(), ".map"));
    CHECK(bed.dst("SELECT count(*) FROM t") == "1");
  }
}

TEST_CASE("conversion: every column that is in the way is told at once", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (a bigint, b text, c int, d int)");
  bed.dst("CREATE TABLE t (a int, b int, d int, e int NOT NULL)");
  const Error error = error_of(bed.copy());
  check_error(error, ErrorKind::target, "42804");
  CHECK(contains(error.what(), "4 things"));
  CHECK(contains(error.what(), "\"a\""));
  CHECK(contains(error.what(), "\"b\""));
  CHECK(contains(error.what(), "column \"c\" of relation public.t does not exist"));
  CHECK(contains(error.what(), "\"e\" of public.t is NOT NULL"));
  const JobPlan plan = CopyTable(bed.copy()).plan();
  REQUIRE(plan.findings.size() == 4);
  CHECK(plan.findings[0].code == "type_differs");
  CHECK(plan.findings[1].code == "type_differs");
  CHECK(plan.findings[2].code == "column_missing");
  CHECK(plan.findings[3].code == "column_required");
}

TEST_CASE("conversion: a shorter target is a warning, and a longer value ends the load", "[server]") {
  const Bed bed;
  const Pair pair =
      GENERATE(Pair{"text", "varchar(3)", "('abc')"}, Pair{"varchar(10)", "varchar(3)", "('abc')"},
               Pair{"integer", "varchar(3)", "(123)"}, Pair{"numeric(10, 2)", "numeric(5, 2)", "(1.25)"},
               Pair{"integer", "numeric(3)", "(123)"}, Pair{"varbit", "varbit(3)", "(B'101')"});
  INFO(pair.from << " into " << pair.to);
  make_pair(bed, pair);
  const JobPlan plan = CopyTable(bed.copy()).plan();
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings[0].severity == Severity::warning);
  CHECK(plan.findings[0].code == "type_narrower");
  CHECK(CopyTable(bed.copy()).run().rows_written == 1);
  bed.src(
      "INSERT INTO t SELECT CASE pg_typeof(v)::text WHEN 'integer' THEN '12345' WHEN 'numeric' THEN "
      "'12345.25' "
      "WHEN 'bit varying' THEN '10101' ELSE 'abcdef' END::" +
      std::string(pair.from) + " FROM t");
  CHECK(error_of(bed.copy()).kind() == ErrorKind::target);
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}

TEST_CASE("conversion: types of the database's own go as binary, with the target's numbers in them",
          "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TYPE mood AS ENUM ('glad', 'so, so', 'o\"k'); "
      "CREATE DOMAIN small AS int CHECK (value < 100000); CREATE DOMAIN smalls AS small[]; "
      "CREATE TYPE pair AS (a int, b text); CREATE TYPE deep AS (p pair, ps pair[], m mood, s smalls, c "
      "varchar(5)); "
      "CREATE TYPE moods AS RANGE (SUBTYPE = mood); CREATE TYPE pairs AS RANGE (SUBTYPE = pair); "
      "CREATE TABLE t (id int, m mood, ms mood[], s small, ss small[], sx smalls, p pair, ps pair[], d deep, "
      "ds deep[], "
      "mr moods, pr pairs, prs pairs[], rows_of_t int, tail text)");
  // Nothing but luck would give two databases the same numbers.
  REQUIRE(bed.src("SELECT 'pair'::regtype::oid") != bed.dst("SELECT 'pair'::regtype::oid"));
  bed.src(
      "INSERT INTO t SELECT i, 'so, so', '{glad,NULL,\"so, so\"}', i, ARRAY[i, NULL], ARRAY[1, i]::small[], "
      "row(i, 'a,\"b\\(' || E'\\t\\n')::pair, ARRAY[row(NULL, '')::pair, NULL], "
      "row(row(i, NULL), ARRAY[row(1, 'x')::pair, NULL], 'glad', '{1,NULL}', 'c')::deep, "
      "ARRAY[ARRAY[row(NULL, ARRAY[row(i, 'y')::pair], NULL, NULL, NULL)::deep, NULL]], "
      "moods('glad', 'o\"k'), pairs(row(i, 'a')::pair, NULL), ARRAY[pairs(NULL, NULL), 'empty', NULL], i, "
      "'tail' "
      "FROM generate_series(1, 5000) i; INSERT INTO t (id) VALUES (NULL)");
  SECTION("a table") {
    const JobPlan plan = CopyTable(bed.copy()).plan();
    CHECK(plan.findings.empty());
    const JobReport report = CopyTable(bed.copy()).run();
    CHECK(report.format.format == RowFormat::binary);
    CHECK(report.rows_written == 5001);
  }
  SECTION("through a hook") {
    auto options = bed.copy();
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    CHECK(CopyTable(options).run().rows_written == 5001);
  }
  SECTION("by several readers") {
    auto options = bed.copy();
    options.readers = 2;
    options.slice_bytes = ByteCount{1U << 16U};
    CHECK(CopyTable(options).run().rows_written == 5001);
  }
  SECTION("a query") {
    CHECK(AdHocQuery(bed.query("SELECT * FROM t")).run().format.format == RowFormat::binary);
  }
  SECTION("a query by a cursor") {
    auto options = bed.query("SELECT t.* FROM t, (SELECT :n) AS u");
    options.parameters = {{"n", "0"}};
    CHECK(AdHocQuery(options).run().format.format == RowFormat::binary);
  }
  SECTION("columns in another order") {
    bed.dst("ALTER TABLE t DROP m; ALTER TABLE t ADD m mood");
    CHECK(CopyTable(bed.copy()).run().format.format == RowFormat::binary);
    CHECK(bed.dst("SELECT count(m), min(m), max(tail) FROM t") == "5000|so, so|tail");
    return;
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("conversion: types of one name that differ", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (a int, b text); "
      "CREATE TABLE t (m mood, p pair); INSERT INTO t VALUES ('glad', '(1,x)')");
  SECTION("an enum with more labels") {
    bed.dst(
        "CREATE TYPE mood AS ENUM ('new', 'sad', 'glad'); CREATE TYPE pair AS (a int, b text); "
        "CREATE TABLE t (m mood, p pair)");
    CHECK(CopyTable(bed.copy()).plan().findings.empty());
  }
  SECTION("an enum that lacks a label, which no row has") {
    bed.dst(
        "CREATE TYPE mood AS ENUM ('glad'); CREATE TYPE pair AS (a int, b text); "
        "CREATE TABLE t (m mood, p pair)");
    const JobPlan plan = CopyTable(bed.copy()).plan();
    REQUIRE(plan.findings.size() == 1);
    CHECK(contains(plan.findings[0].message, "'sad'"));
  }
  SECTION("a composite whose field is wider") {
    bed.dst(
        "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (a bigint, b text); "
        "CREATE TABLE t (m mood, p pair)");
    CHECK(CopyTable(bed.copy()).plan().format.format == RowFormat::text);
  }
  SECTION("a composite whose fields are called otherwise") {
    bed.dst(
        "CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE TYPE pair AS (b int, a text); "
        "CREATE TABLE t (m mood, p pair)");
    check_error(error_of(bed.copy()), ErrorKind::target, "42804");
    return;
  }
  SECTION("text instead of both") {
    bed.dst("CREATE TABLE t (m text, p text)");
    CHECK(CopyTable(bed.copy()).plan().format.format == RowFormat::binary);
  }
  static_cast<void>(CopyTable(bed.copy()).run());
  CHECK(bed.dst("SELECT m, p FROM t") == "glad|(1,x)");
}

TEST_CASE("conversion: names of objects arrive as the objects that they name", "[server]") {
  const Bed bed;
  bed.both(
      "DROP SCHEMA IF EXISTS aa CASCADE; CREATE SCHEMA aa; CREATE TABLE aa.x (); CREATE TABLE x (); "
      "CREATE TABLE t (a regclass, b regclass[], c text)");
  bed.src("INSERT INTO t VALUES ('aa.x', '{x,pg_class}', 'plain')");
  bed.src("ALTER DATABASE src SET search_path = aa, public");
  auto options = bed.copy();
  options.table.from = "public.t";
  options.readers = GENERATE(1U, 2U);
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SELECT a, b, c FROM t") == "aa.x|{x,pg_class}|plain");
  options.table.where = "true";
  options.mode = WriteMode::append;
  const auto findings = CopyTable(options).plan().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().code == "object_names");
  bed.src("ALTER DATABASE src RESET search_path");
  bed.both("DROP SCHEMA aa CASCADE");
}

TEST_CASE("conversion: fields of composites whose text is not what a cast gives are lossy", "[server]") {
  const Bed bed;
  const auto [from, to] = GENERATE(table<std::string, std::string>({{"real", "double precision"},
                                                                    {"boolean", "text"},
                                                                    {"char(5)", "text"},
                                                                    {"inet", "text"},
                                                                    {"money", "numeric"}}));
  INFO(from << " into " << to);
  bed.src("CREATE TYPE holder AS (v " + from + "); CREATE TABLE t (h holder)");
  bed.dst("CREATE TYPE holder AS (v " + to + "); CREATE TABLE t (h holder)");
  check_error(error_of(bed.copy()), ErrorKind::target, "42804");
}

TEST_CASE("conversion: arrays of domains", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (a int[], b text[]); INSERT INTO t VALUES ('{1,NULL}', '{x}')");
  bed.dst(
      "CREATE DOMAIN big AS bigint; CREATE DOMAIN word AS varchar(5); CREATE TABLE t (a big[], b word[])");
  CHECK(CopyTable(bed.copy()).run().format.format == RowFormat::binary);
  CHECK(bed.dst("SELECT * FROM t") == "{1,NULL}|{x}");
}

TEST_CASE("conversion: types of extensions", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext; "
      "CREATE EXTENSION IF NOT EXISTS ltree; CREATE TABLE t (h hstore, hs hstore[], c citext, l ltree)");
  bed.src(
      R"(INSERT INTO t VALUES ('a=>1, "b,"=>NULL', ARRAY['x=>y'::hstore, NULL], 'Text', 'a.b.c'), (NULL, '{}', '', ''))");
  SECTION("of the same version") {
    CHECK(CopyTable(bed.copy()).run().format.format == RowFormat::binary);
  }
  SECTION("from plain text") {
    bed.src("ALTER TABLE t ALTER c TYPE text");
    CHECK(CopyTable(bed.copy()).run().format.format == RowFormat::text);
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
