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
