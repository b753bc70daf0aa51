// What a target's settings, domains and sequences would do to a load without a word.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("gaps: NULL within an array stays NULL where array_nulls is off", "[server]") {
  const Bed bed;
  // A column of object numbers makes rows travel as text.
  bed.both("CREATE TABLE t (id int, of regtype, words text[], numbers int[])");
  bed.src(
      "INSERT INTO t VALUES (1, 'int', ARRAY['a', NULL, 'NULL'], ARRAY[1, NULL]), (2, NULL, ARRAY[NULL], "
      "NULL)");
  bed.dst("ALTER DATABASE dst SET array_nulls = off");
  auto options = bed.copy();
  CHECK(CopyTable(options).plan().format.format == RowFormat::text);
  try {
    static_cast<void>(CopyTable(options).run());
  } catch (const Error& error) {
    FAIL_CHECK(error.what());
  }
  bed.dst("ALTER DATABASE dst RESET array_nulls");
  CHECK(bed.dst("SELECT count(*) FROM t WHERE words[2] IS NULL AND words[3] = 'NULL' AND numbers[2] IS NULL "
                "AND id = 1") == "1");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("gaps: a column of a domain that is NOT NULL needs a value", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  bed.dst(
      "CREATE DOMAIN strict AS int NOT NULL; CREATE DOMAIN wide AS strict CHECK (VALUE > 0); "
      "CREATE DOMAIN kind AS int DEFAULT 7; CREATE DOMAIN kind_strict AS kind NOT NULL; "
      "CREATE DOMAIN loose AS int");
  auto options = bed.copy();
  SECTION("refused, and nothing is changed") {
    const std::string type = GENERATE("strict", "wide");
    bed.dst("CREATE TABLE t (id int, v " + type + "); INSERT INTO t VALUES (-1, 5)");
    const JobPlan plan = CopyTable(options).plan();
    REQUIRE(plan.findings.size() == 1);
    CHECK(plan.findings.front().code == "column_required");
    CHECK(plan.findings.front().sqlstate == "23502");
    CHECK(plan.findings.front().message.find(type) != std::string::npos);
    check_error(error_of(options), ErrorKind::target, "23502");
    CHECK(bed.dst("SELECT * FROM t") == "-1|5");
  }
  SECTION("taken where there is a default") {
    bed.dst(
        "CREATE TABLE t (id int, a strict DEFAULT 1, b kind_strict, c loose, "
        "d wide GENERATED ALWAYS AS (id + 1) STORED)");
    CHECK(CopyTable(options).plan().findings.empty());
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT * FROM t") == "1|1|7||2");
  }
  SECTION("taken where it is given") {
    bed.dst("CREATE TABLE t (id wide)");
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT * FROM t") == "1");
  }
  SECTION("taken by a view whose table has a default") {
    bed.dst("CREATE TABLE below (id int, v strict DEFAULT 3); CREATE VIEW t AS SELECT * FROM below");
    options.mode = WriteMode::append;
    options.stream.into_view = true;
    static_cast<void>(CopyTable(options).run());
    CHECK(bed.dst("SELECT * FROM below") == "1|3");
  }
}

TEST_CASE("gaps: sequences behind a column's default stand beyond the largest value", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (v text, id bigint); INSERT INTO t SELECT 'v', generate_series(1, 100)");
  auto options = bed.copy();
  std::string sequence = "s";
  SECTION("that no column owns") {
    bed.dst("CREATE SEQUENCE s; CREATE TABLE t (v text, id bigint DEFAULT nextval('s') * 1)");
  }
  SECTION("that another table's column owns") {
    bed.dst(
        "CREATE TABLE first (id bigserial); CREATE TABLE t (v text, id bigint); "
        "ALTER TABLE t ALTER id SET DEFAULT nextval('first_id_seq')");
    sequence = "first_id_seq";
  }
  SECTION("of the table that it inherits from") {
    bed.dst("CREATE TABLE up (v text, id bigserial); CREATE TABLE t () INHERITS (up)");
    sequence = "up_id_seq";
  }
  SECTION("of the partitioned table") {
    bed.dst(
        "CREATE TABLE up (v text, id bigserial) PARTITION BY LIST (v); CREATE TABLE t PARTITION OF up "
        "DEFAULT");
    sequence = "up_id_seq";
  }
  SECTION("of the partitioned table, which alone has the default") {
    bed.dst(
        "CREATE TABLE up (v text, id bigserial) PARTITION BY LIST (v); "
        "CREATE TABLE mid (gone int, v text, id bigint NOT NULL) PARTITION BY LIST (v); "
        "ALTER TABLE mid DROP gone; ALTER TABLE up ATTACH PARTITION mid DEFAULT; "
        "CREATE TABLE t (id bigint NOT NULL, v text); ALTER TABLE mid ATTACH PARTITION t DEFAULT");
    sequence = "up_id_seq";
  }
  SECTION("of the partitioned table's identity column") {
    bed.dst(
        "CREATE TABLE up (v text, id bigint GENERATED ALWAYS AS IDENTITY) PARTITION BY LIST (v); "
        "CREATE TABLE mid (gone int, v text, id bigint NOT NULL) PARTITION BY LIST (v); "
        "ALTER TABLE mid DROP gone; ALTER TABLE up ATTACH PARTITION mid DEFAULT; "
        "CREATE TABLE t PARTITION OF mid DEFAULT");
    sequence = "up_id_seq";
  }
  const JobReport report = CopyTable(options).run();
  CHECK(report.remarks == std::vector<std::string>{"sequence public." + sequence + " was advanced to 100"});
  CHECK(bed.dst("SELECT nextval('" + sequence + "')") == "101");
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
}

TEST_CASE("gaps: sequences stay that give a column no number, and none goes back", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, code text); INSERT INTO t VALUES (100, '100')");
  auto options = bed.copy();
  SECTION("behind a text") {
    bed.dst("CREATE SEQUENCE s; CREATE TABLE t (id int, code text DEFAULT 'c' || nextval('s'))");
    CHECK(CopyTable(options).run().remarks.empty());
    CHECK(bed.dst("SELECT nextval('s')") == "1");
  }
  SECTION("that two tables share") {
    bed.dst(
        "CREATE SEQUENCE s; CREATE TABLE t (id int DEFAULT nextval('s'), code text); SELECT setval('s', "
        "5000)");
    CHECK(CopyTable(options).run().remarks.empty());
    CHECK(bed.dst("SELECT nextval('s')") == "5001");
  }
  SECTION("behind a column that was not loaded") {
    bed.dst("CREATE SEQUENCE s; CREATE TABLE t (id int, code text, n int DEFAULT nextval('s'))");
    CHECK(CopyTable(options).run().remarks.empty());
    CHECK(bed.dst("SELECT nextval('s')") == "2");
  }
}

TEST_CASE("gaps: two sequences behind one column, each once, both advanced", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int); INSERT INTO t VALUES (100)");
  bed.dst("CREATE SEQUENCE s; CREATE TABLE t (id serial); ALTER TABLE t ALTER id SET DEFAULT nextval('s')");
  const JobReport report = CopyTable(bed.copy()).run();
  CHECK(report.remarks == std::vector<std::string>{"sequence public.s was advanced to 100",
                                                   "sequence public.t_id_seq was advanced to 100"});
}
