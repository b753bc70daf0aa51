// Which of the source's columns go into which of the target's.
#include "bed.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_differing_columns(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int, \"Full Name\" text, price numeric(10,4)); "
      "INSERT INTO t VALUES (1, 'a', 1.2345), (2, NULL, NULL)");
  bed.dst("CREATE TABLE t (id int, name text, price numeric(10,2), note text DEFAULT 'none')");
}

Finding only_finding(const CopyTableOptions& options) {
  const JobPlan plan = CopyTable(options).plan();
  REQUIRE(plan.findings.size() == 1);
  return plan.findings.front();
}

}  // namespace

TEST_CASE("columns: renamed, and computed by SQL", "[server]") {
  const Bed bed;
  make_differing_columns(bed);
  auto options = bed.copy();
  options.table.rename = {{"Full Name", "name"}};
  options.table.map = {{"price", "round(price, 2)::numeric(10,2) -- a comment"}};
  const std::size_t readers = GENERATE(1U, 2U);
  options.readers = readers;
  SECTION("of a table") {}
  SECTION("through a hook, which knows the target's names") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      static_cast<void>(row.get<std::optional<std::string_view>>("name"));
      out.copy_row(row);
    };
  }
  SECTION("with a condition") {
    options.table.where = "id > 0 -- all";
  }
  CHECK(CopyTable(options).run().rows_written == 2);
  CHECK(bed.dst("SELECT * FROM t ORDER BY id") == "1|a|1.23|none\n2|||none");
}

TEST_CASE("columns: the target's defaults stand where the source has no column", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (v text); INSERT INTO t VALUES ('a'), ('b')");
  bed.dst(
      "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY, v text, made timestamptz NOT NULL DEFAULT "
      "now(), "
      "twice text GENERATED ALWAYS AS (v || v) STORED)");
  CHECK(CopyTable(bed.copy()).run().rows_written == 2);
  CHECK(bed.dst("SELECT id, v, made IS NOT NULL, twice FROM t ORDER BY id") == "1|a|t|aa\n2|b|t|bb");
}

TEST_CASE("columns: values go into an identity column, generated always or not", "[server]") {
  const Bed bed;
  const std::string kind = GENERATE("ALWAYS", "BY DEFAULT");
  bed.both("CREATE TABLE t (id int GENERATED " + kind + " AS IDENTITY, v text)");
  bed.src("INSERT INTO t (id, v) OVERRIDING SYSTEM VALUE VALUES (7, 'a'), (9, 'b')");
  static_cast<void>(CopyTable(bed.copy()).run());
  CHECK(bed.dst("SELECT * FROM t ORDER BY id") == "7|a\n9|b");
}

TEST_CASE("columns: what cannot be matched is told before anything is changed", "[server]") {
  const Bed bed;
  make_differing_columns(bed);
  bed.dst("INSERT INTO t VALUES (-1)");
  auto options = bed.copy();
  options.table.exclude = {"price"};
  options.table.rename = {{"Full Name", "name"}};
  SECTION("a column that the target needs") {
    bed.dst("ALTER TABLE t ADD needed int NOT NULL DEFAULT 0; ALTER TABLE t ALTER needed DROP DEFAULT");
    const Finding finding = only_finding(options);
    CHECK(finding.code == "column_required");
    CHECK(finding.sqlstate == "23502");
    CHECK(finding.message.find("needed") != std::string::npos);
    check_error(error_of(options), ErrorKind::target, "23502");
  }
  SECTION("a column that the target lacks") {
    options.table.rename = {{"Full Name", "nowhere"}};
    CHECK(only_finding(options).code == "column_missing");
    check_error(error_of(options), ErrorKind::target, "42703");
  }
  SECTION("a column that the target computes") {
    bed.dst("ALTER TABLE t DROP name; ALTER TABLE t ADD name text GENERATED ALWAYS AS (note) STORED");
    CHECK(only_finding(options).code == "column_generated");
    check_error(error_of(options), ErrorKind::target, "428C9");
  }
  SECTION("a table that is missing, on both sides at once") {
    options.table.from = "nowhere";
    options.table.to = "nobody";
    const JobPlan plan = CopyTable(options).plan();
    REQUIRE(plan.findings.size() == 2);
    CHECK(plan.findings[0].code == "table_missing");
    CHECK(plan.findings[0].side == ErrorKind::source);
    CHECK(plan.findings[1].code == "table_missing");
    CHECK(plan.findings[1].side == ErrorKind::target);
    check_error(error_of(options), ErrorKind::source, "42P01");
  }
  SECTION("renaming a column that is not copied") {
    options.table.rename = {{"nowhere", "name"}};
    check_error(error_of(options), ErrorKind::config, "");
  }
  SECTION("two columns into one") {
    options.table.rename = {{"Full Name", "id"}};
    check_error(error_of(options), ErrorKind::config, "");
  }
  SECTION("SQL that the source does not understand") {
    options.table.map = {{"note", "nothing"}};
    check_error(error_of(options), ErrorKind::source, "42703");
  }
  SECTION("SQL of a type that does not fit") {
    options.table.map = {{"note", "ARRAY[1]"}, {"id", "now()"}};
    const Finding finding = only_finding(options);
    CHECK(finding.code == "type_differs");
  }
  CHECK(bed.dst("SELECT count(*), min(id) FROM t") == "1|-1");
}

TEST_CASE("columns: tables of 1,600 columns, of one, and of none", "[server]") {
  const Bed bed;
  SECTION("1,600") {
    bed.both(
        "DO $$ BEGIN EXECUTE 'CREATE TABLE t (' || (SELECT string_agg('c' || i || ' int', ', ') FROM "
        "generate_series(1, 1600) i) || ')'; END $$");
    bed.src("INSERT INTO t (c1, c800, c1600) SELECT i, i, i FROM generate_series(1, 1000) i");
    static_cast<void>(CopyTable(bed.copy()).run());
    CHECK(bed.dst("SELECT count(*), sum(c1 + c800 + c1600), count(c2) FROM t") == "1000|1501500|0");
  }
  SECTION("none") {
    bed.both("CREATE TABLE t ()");
    bed.src("INSERT INTO t SELECT FROM generate_series(1, 1000)");
    bed.dst("INSERT INTO t SELECT FROM generate_series(1, 5)");
    CHECK(CopyTable(bed.copy()).run().rows_written == 1000);
    CHECK(bed.dst("SELECT count(*) FROM t") == "1000");
  }
  SECTION("all dropped") {
    bed.both("CREATE TABLE t (a int, b int); ALTER TABLE t DROP a; ALTER TABLE t DROP b");
    bed.src("INSERT INTO t SELECT FROM generate_series(1, 10)");
    CHECK(CopyTable(bed.copy()).run().rows_written == 10);
  }
}

TEST_CASE("columns: names that need quotes, of 63 bytes, with dots, and reserved ones", "[server]") {
  const Bed bed;
  const std::string schema = R"("My.Schema ""x""")";
  const std::string table = schema + ".\"" + std::string(59, 'n') + "žu\"";
  bed.both("CREATE SCHEMA IF NOT EXISTS " + schema + "; DROP TABLE IF EXISTS " + table + "; CREATE TABLE " +
           table + R"( ("select" int, "a.b" text, "žluť 馬" text, """" text, " " int, "%s\n" int))");
  bed.src("INSERT INTO " + table + " SELECT i, 'a', 'b', 'c', i, i FROM generate_series(1, 100) i");
  auto options = bed.copy();
  options.table.from = table;
  options.table.to.clear();
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst(content(table)) == bed.src(content(table)));
  bed.both("DROP SCHEMA " + schema + " CASCADE");
}

TEST_CASE("columns: SQL of the user's cannot change how many rows there are", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  bed.dst("INSERT INTO t VALUES (7, 'old')");
  auto options = bed.copy();
  options.readers = GENERATE(1U, 2U);
  std::string named = ".map for the column v must give one value for each row: ";
  SECTION("by an expression") {
    const std::string sql =
        GENERATE("unnest(ARRAY['a', 'b'])", "unnest(ARRAY[]::text[])", "generate_series(1, id)::text",
                 "regexp_matches(v, '.', 'g')::text", "max(v)", "count(*)::text", "string_agg(v, ',')",
                 "(SELECT max(t.v))", "row_number() OVER ()::text", "CASE WHEN true THEN max(v) END",
                 "lag(v) OVER (ORDER BY id) -- the one before");
    INFO(sql);
    options.table.map = {{"v", sql}};
    const Error error = error_of(options);
    CHECK(std::string(error.what()).starts_with(named));
    CHECK_FALSE(std::string(error.hint()).empty());
  }
  SECTION("by parentheses that do not match") {
    options.table.map = {{"v", "v) FROM t UNION ALL SELECT 3, (v"}};
    options.table.columns = {"v"};
    check_error(error_of(options), ErrorKind::source, "42601");
  }
  SECTION("by a condition") {
    const std::string sql = GENERATE("unnest(ARRAY[true, true])", "count(*) > 0", "max(id) = 2",
                                     "row_number() OVER () = 1", "EXISTS (SELECT max(t.id))");
    INFO(sql);
    options.table.where = sql;
    CHECK(std::string(error_of(options).what()).starts_with(".where is not a condition: "));
  }
  CHECK(bed.dst("TABLE t") == "7|old");
}

TEST_CASE("columns: SQL of the user's may ask other rows by a subquery", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  auto options = bed.copy();
  options.table.map = {{"v", "(SELECT string_agg(o.v, ',' ORDER BY o.id) FROM t o, generate_series(1, 2))"}};
  options.table.where = "id = (SELECT max(o.id) FROM t o)";
  CHECK(CopyTable(options).run().rows_written == 1);
  CHECK(bed.dst("TABLE t") == "2|a,a,b,b");
}
