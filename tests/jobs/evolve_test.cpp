// Columns that the target lacks are added to it.
#include "guest.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "schema.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTableOptions evolving(const Bed& bed) {
  auto options = bed.copy();
  options.stream.evolve = true;
  return options;
}

}  // namespace

TEST_CASE("evolve: columns that the target lacks are added, with their types and defaults", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int PRIMARY KEY, \"Größe\" numeric(5, 2) NOT "
      "NULL "
      "DEFAULT 1, m mood[], x text COLLATE \"C\", twice int GENERATED ALWAYS AS (id * 2) STORED); INSERT "
      "INTO t VALUES (1, 2.5, '{sad}', 'y')");
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, old text DEFAULT 'o'); INSERT INTO t VALUES (9)");
  auto options = evolving(bed);
  options.mode = GENERATE(WriteMode::replace, WriteMode::append);
  const JobReport report = CopyTable(options).run();
  CHECK(bed.dst("SELECT * FROM t WHERE id = 1") == "1|o|2.50|{sad}|y|2");
  CHECK(bed.dst("SELECT count(*) FROM t") == (options.mode == WriteMode::append ? "2" : "1"));
  CHECK(has_line(report.remarks, "column \"Größe\" (numeric(5,2)) is added to public.t"));
  CHECK(differences(diff_options()) == std::vector<std::string>{"removed old"});
  // Nothing is left to add.
  CHECK(CopyTable(options).plan().remarks.size() == 1);
}

TEST_CASE("evolve: NOT NULL is left out where rows have no value for it", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v int NOT NULL); INSERT INTO t VALUES (1, 2)");
  bed.dst("CREATE TABLE t (id int)");
  SECTION("a table with rows") {
    bed.dst("INSERT INTO t VALUES (9)");
    const JobReport report = CopyTable(evolving(bed)).run();
    CHECK(has_line(report.remarks,
                   "column v is added without NOT NULL, since public.t has rows; when each has a "
                   "value: ALTER TABLE \"public\".\"t\" ALTER COLUMN \"v\" SET NOT NULL"));
    CHECK(differences(diff_options()) == std::vector<std::string>{"nullability v"});
  }
  SECTION("an empty table") {
    static_cast<void>(CopyTable(evolving(bed)).run());
    CHECK(differences(diff_options()).empty());
  }
  CHECK(bed.dst("SELECT * FROM t") == "1|2");
}

TEST_CASE("evolve: the plan shows the statements, and adds nothing", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v int)");
  bed.dst("CREATE TABLE t (id int)");
  const JobPlan plan = CopyTable(evolving(bed)).plan();
  CHECK(plan.findings.empty());
  REQUIRE(plan.target_sql.size() > 2);
  CHECK(plan.target_sql[1] == R"(ALTER TABLE "public"."t" ADD COLUMN "v" integer)");
  CHECK(bed.dst("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0") == "1");
}

TEST_CASE("evolve: a plan tells of a lock instead of waiting for it", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, more text)");
  bed.dst("CREATE TABLE t (id int)");
  auto reader = Connection::open(ConnectionFactory().resolve(Bed::server().uri("dst")).target, {}, {});
  reader.begin();
  static_cast<void>(reader.execute("SELECT * FROM t"));
  auto options = bed.copy();
  options.stream.evolve = true;
  // The plan would stand still.
  options.stream.limits.lock_timeout = std::chrono::hours(1);
  options.stream.limits.statement_timeout = std::chrono::hours(1);
  const auto findings = CopyTable(options).plan().findings;
  const auto found = std::find_if(findings.begin(), findings.end(),
                                  [](const auto& finding) { return finding.code == "lock_conflict"; });
  REQUIRE(found != findings.end());
  CHECK(found->sqlstate == "55P03");
  CHECK(bed.dst("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'more'") ==
        "0");
}

TEST_CASE("evolve: a load that fails adds nothing", "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (id int, m mood); INSERT INTO t VALUES (1, 'sad'), "
      "(1, "
      "NULL)");
  bed.dst("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (9)");
  check_error(error_of(evolving(bed)), ErrorKind::target, "23505");
  CHECK(made(bed) == "t t_pkey");
  CHECK(bed.dst("SELECT * FROM t") == "9");
}

TEST_CASE("evolve: a type that does not hold the source's values stays an error", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id bigint, v int)");
  bed.dst("CREATE TABLE t (id date)");
  const Error error = error_of(evolving(bed));
  check_error(error, ErrorKind::target, "42804");
  CHECK(std::string(error.what()).find("the source's bigint does not go into the target's date") !=
        std::string::npos);
  // Which the server would not convert.
  CHECK(error.hint().find("ALTER TABLE") == std::string_view::npos);
  CHECK(bed.dst("SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0") == "1");
}

TEST_CASE("evolve: the change of a type that is proposed is taken by the server", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id bigint, v text); INSERT INTO t VALUES (10000000000, 'w')");
  bed.dst("CREATE TABLE t (id int, v uuid); INSERT INTO t VALUES (1, NULL)");
  for (int i = 0; i < 2; ++i) {
    const std::string hint(error_of(evolving(bed)).hint());
    const std::string alter = "ALTER TABLE \"public\".\"t\" ALTER COLUMN ";
    const auto at = hint.find(alter);
    REQUIRE(at != std::string::npos);
    bed.dst(hint.substr(at, hint.find(';', at) - at));
  }
  static_cast<void>(CopyTable(evolving(bed)).run());
  CHECK(bed.dst("SELECT id, v FROM t") == "10000000000|w");
}

TEST_CASE("evolve: what cannot be added to is told", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v int)");
  SECTION("a table of somebody else's") {
    bed.dst("CREATE TABLE t (id int)");
    const Guest guest(bed);
    bed.dst("GRANT ALL ON t TO guest");
    auto options = evolving(bed);
    options.target = Guest::connection("dst");
    const Error error = error_of(options);
    check_error(error, ErrorKind::target, "42501");
    CHECK(error.what() == std::string("this role does not own public.t, so it may not add columns to it"));
    options.table.exclude = {"v"};
    static_cast<void>(CopyTable(options).run());
  }
  SECTION("a partition") {
    bed.dst("CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE t PARTITION OF p DEFAULT");
    const Error error = error_of(evolving(bed));
    check_error(error, ErrorKind::target, "42809");
    CHECK(error.what() ==
          std::string("column v cannot be added to public.t: cannot add column to a partition"));
  }
}

TEST_CASE("evolve: a query's columns, and those that are renamed and mapped", "[server][sql]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v int); INSERT INTO t VALUES (1, 2)");
  bed.dst("CREATE TABLE t (id int)");
  SECTION("a query") {
    auto options = bed.query("SELECT id, v * 1.5 AS w FROM t");
    options.stream.evolve = true;
    static_cast<void>(AdHocQuery(options).run());
    CHECK(bed.dst("SELECT id, w FROM t") == "1|3.0");
  }
  SECTION("a table") {
    auto options = evolving(bed);
    options.table.rename = {{"v", "w"}};
    options.table.map = {{"x", "v::text"}};
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT id, w, x FROM t") == "1|2|2");
  }
}

TEST_CASE("evolve: many tables, joined by foreign keys too", "[server][sql]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a); CREATE TABLE c (id int)");
  bed.src(
      "CREATE TYPE mood AS ENUM ('sad'); ALTER TABLE a ADD v int NOT NULL DEFAULT 3; ALTER TABLE b ADD m "
      "mood; "
      "ALTER TABLE c ADD m mood; INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 'sad'); INSERT INTO c "
      "VALUES (2, 'sad')");
  const CopyTables job({.source = bed.copy().source,
                        .target = bed.copy().target,
                        .include = {"public.*"},
                        .stream = {.evolve = true, .application_name = application},
                        .jobs = 2});
  for (const auto& plan : job.plan()) CHECK_FALSE(has_error(plan.findings));
  CHECK(bed.dst("SELECT count(*) FROM pg_attribute WHERE attname IN ('v', 'm') AND attrelid IN "
                "('a'::regclass, 'b'::regclass, 'c'::regclass)") == "0");
  CHECK(job.run().failed() == 0);
  for (const std::string table : {"a", "b", "c"}) {
    INFO(table);
    CHECK(bed.dst(content(table)) == bed.src(content(table)));
    CHECK(differences(diff_options("public." + table)).empty());
  }
}
