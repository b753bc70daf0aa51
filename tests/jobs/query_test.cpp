// AdHocQuery: parameters, and what is no query.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_a_hundred_rows(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 100) i");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
}

}  // namespace

TEST_CASE("AdHocQuery: a parameter is a value, never SQL", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  auto options = bed.query("SELECT 1 AS id, :value::text AS v");
  const std::string value = "'); DROP TABLE t; -- \\ $1 :value \" \t\n 馬";
  options.parameters = {{"value", value}};
  static_cast<void>(AdHocQuery(options).run());
  CHECK(bed.dst("SELECT v FROM t") == value);
  CHECK(bed.src("SELECT count(*) FROM t") == "100");
}

TEST_CASE("AdHocQuery: a parameter has the type of its place, may stand twice, and may be NULL", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  auto options = bed.query(
      "SELECT id, coalesce(:nothing, v) AS v FROM t WHERE id BETWEEN :low AND :low + :more AND id <> ALL "
      "(ARRAY[:low])");
  options.parameters = {{"nothing", std::nullopt}, {"low", "10"}, {"more", "5"}};
  CHECK(AdHocQuery(options).run().rows_written == 5);
  CHECK(bed.dst("SELECT min(id), max(id), min(v) FROM t") == "11|15|v11");
}

TEST_CASE("AdHocQuery: parameters that are missing or unused are configuration errors", "[jobs]") {
  AdHocQueryOptions options{.sql = "SELECT id FROM t WHERE id > :low", .to = "t"};
  std::string named;
  SECTION("missing") {
    named = "low";
  }
  SECTION("unused") {
    options.parameters = {{"low", "1"}, {"hihg", "2"}};
    named = "hihg";
  }
  SECTION("in a string only") {
    options.sql = "SELECT ':word' AS v";
    options.parameters = {{"word", "1"}};
    named = "word";
  }
  try {
    const AdHocQuery job(options);
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find(named) != std::string::npos);
  }
}

TEST_CASE("AdHocQuery: colons that are no parameters are left alone", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  bed.src("CREATE TABLE a (id int, n int[]); INSERT INTO a VALUES (2, '{10,20,30,40}')");
  auto options = bed.query(
      "SELECT id::int, (n[1:2])::text || n[id:3]::text || ':x' || E'\\':y' || $q$:z$q$ /* :c */ AS v -- "
      ":d\nFROM a");
  std::string wanted = "2|{10,20}{20,30}:x':y:z";
  SECTION("by COPY") {}
  SECTION("next to a parameter") {
    options.sql += " WHERE id = :id";
    options.parameters = {{"id", "2"}};
  }
  static_cast<void>(AdHocQuery(options).run());
  CHECK(bed.dst("SELECT * FROM t") == wanted);
}

TEST_CASE("AdHocQuery: a query may end in semicolons and comments", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  const std::string end = GENERATE(as<std::string>(), ";", " ; ;\n", " -- the end", "; -- the end",
                                   ";\n-- the end\n", " /* ; */ ; /* -- */");
  SECTION("by COPY") {
    CHECK(AdHocQuery(bed.query("SELECT id, v FROM t" + end)).run().rows_written == 100);
  }
  SECTION("by COPY with a value") {
    auto options = bed.query("SELECT id, v FROM t WHERE id > :n" + end);
    options.parameters = {{"n", "0"}};
    CHECK(AdHocQuery(options).run().rows_written == 100);
  }
  SECTION("by a cursor") {
    auto options = bed.query("SELECT id, v FROM t, (SELECT :n) AS u" + end);
    options.parameters = {{"n", "0"}};
    CHECK(AdHocQuery(options).run().rows_written == 100);
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
}

TEST_CASE("AdHocQuery: VALUES, TABLE and WITH are queries", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  const std::string sql = GENERATE(
      as<std::string>(), "SELECT column1 AS id FROM (VALUES (1), (2)) AS x",
      "WITH RECURSIVE x(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM x WHERE id < 2) SELECT * FROM x",
      "(SELECT 1 AS id) UNION ALL (SELECT 2)");
  CHECK(AdHocQuery(bed.query(sql)).run().rows_written == 2);
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "1,2");
}

TEST_CASE("AdHocQuery: what is no query of rows is refused", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  SECTION("two columns of one name") {
    const Error error = error_of(bed.query("SELECT id, id FROM t"));
    check_error(error, ErrorKind::config, "");
    CHECK(std::string(error.what()).find("id") != std::string::npos);
  }
  SECTION("a statement without rows") {
    check_error(error_of(bed.query("DROP TABLE t")), ErrorKind::config, "");
  }
  SECTION("nothing but a semicolon") {
    CHECK_THROWS_AS(AdHocQuery(bed.query(" ; ")), Error);
  }
  CHECK(bed.src("SELECT count(*) FROM t") == "100");
  CHECK(bed.dst("SELECT v FROM t") == "old");
}

TEST_CASE("AdHocQuery: the query changes nothing in the source", "[server]") {
  const Bed bed;
  make_a_hundred_rows(bed);
  bed.src("CREATE SEQUENCE s; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'DELETE FROM t RETURNING 1'");
  const std::string sql = GENERATE(as<std::string>(), "DELETE FROM t RETURNING id, v",
                                   "WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone",
                                   "SELECT nextval('s')::int AS id", "SELECT f() AS id");
  check_error(error_of(bed.query(sql)), ErrorKind::source, "25006");
  CHECK(bed.src("SELECT count(*) FROM t") == "100");
  CHECK(bed.dst("SELECT v FROM t") == "old");
}
