// What is proposed for a column whose type does not go into the target's does, when it is followed.
#include "bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// The SQL of (--map 'v=SQL') in a hint.
std::string proposed(const Error& error) {
  const std::string hint(error.hint());
  INFO(hint);
  const std::string begin = "(.map 'v=";
  const std::size_t from = hint.find(begin);
  REQUIRE(from != std::string::npos);
  const std::size_t at = from + begin.size();
  return hint.substr(at, hint.find("'", at) - at);
}

}  // namespace

TEST_CASE("conversion hint: following it loads the rows", "[server]") {
  const Bed bed;
  const auto [source, target, values,
              wanted] = GENERATE(table<std::string, std::string, std::string, std::string>({
      {"CREATE TYPE ct AS (a int, b text); CREATE TABLE t (v ct)",
       "CREATE TYPE ct AS (b text, a int); CREATE TABLE t (v ct)", "(ROW(1, 'x')::ct)", "(x,1)"},
      {"CREATE TABLE t (v numeric)", "CREATE TABLE t (v numeric(6,2))", "(1.255)", "1.26"},
      {"CREATE TABLE t (v timestamptz)", "CREATE TABLE t (v timestamptz(0))", "('2020-01-01 00:00:00.4+00')",
       "2020-01-01 00:00:00+00"},
      {"CREATE TABLE t (v text)", "CREATE TABLE t (v int)", "('12')", "12"},
      {"CREATE TABLE t (v int)", "CREATE TYPE mood AS ENUM ('1', '2'); CREATE TABLE t (v mood)", "(2)", "2"},
      {"CREATE TABLE t (v text)", "CREATE DOMAIN whole AS int; CREATE TABLE t (v whole)", "('12')", "12"},
  }));
  bed.both("SET client_min_messages = error; DROP TABLE IF EXISTS t; DROP TYPE IF EXISTS ct, mood, whole");
  bed.src(source + "; INSERT INTO t VALUES " + values);
  bed.dst(target);
  auto options = bed.copy();
  const Error error = error_of(options);
  CHECK(error.sqlstate() == "42804");
  options.table.map = {{"v", proposed(error)}};
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SET timezone = 'UTC'; SELECT v FROM t") == wanted);
}

TEST_CASE("conversion hint: no cast is proposed that the source has not", "[server]") {
  const Bed bed;
  const auto [source, target, has_cast] = GENERATE(table<std::string, std::string, bool>({
      {"int", "uuid", false},
      {"uuid", "bigint", false},
      {"boolean", "date", false},
      {"int[]", "uuid[]", false},
      {"int4range", "int", false},
      {"mood", "int", false},
      {"pair", "text[]", false},
      {"jsonb", "int", true},
      {"text", "uuid", true},
      {"text[]", "uuid[]", true},
      {"timestamptz", "date", true},
      {"whole", "smallint", true},
  }));
  CAPTURE(source, target);
  bed.both(
      "CREATE TYPE mood AS ENUM ('sad'); CREATE TYPE pair AS (a int, b int); CREATE DOMAIN whole AS int");
  bed.src("CREATE TABLE t (v " + source + ")");
  bed.dst("CREATE TABLE t (v " + target + ")");
  auto options = bed.copy();
  options.stream.evolve = GENERATE(false, true);
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "42804");
  CHECK((proposed(error).find("::") != std::string::npos) == has_cast);
  if (has_cast) {
    options.table.map = {{"v", proposed(error)}};
    static_cast<void>(CopyTable(options).run());
    return;
  }
  // Nor is one that the server would not take for a new type of the target's column.
  const std::string alter = "ALTER TABLE ";
  const std::string hint(error.hint());
  const auto at = hint.find(alter);
  if (at != std::string::npos) bed.dst(hint.substr(at));
}

TEST_CASE("conversion hint: SQL of one's own is not repeated, nor what stands around it", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (v int, w int)");
  bed.dst("CREATE TABLE t (v int)");
  auto options = bed.copy();
  options.table.columns = {"v"};
  options.table.map = {{"v", GENERATE("v, w", "3.5::numeric")}};
  const std::string hint(error_of(options).hint());
  INFO(hint);
  CHECK(hint.find('\n') == std::string::npos);
  CHECK(hint.find("(.map 'v=(…)::") != std::string::npos);
}

TEST_CASE("conversion hint: fields that others stand for are never proposed by their places", "[server]") {
  const Bed bed;
  bed.src("CREATE TYPE ct AS (a int, b int); CREATE TYPE outer_ct AS (c ct)");
  bed.dst("CREATE TYPE ct AS (b int, a int); CREATE TYPE outer_ct AS (c ct)");
  auto options = bed.copy();
  const auto [type, map, wanted] = GENERATE(table<std::string, std::string, std::string>({
      {"ct", "\"v\"::ct", "'v=(CASE WHEN … IS DISTINCT FROM NULL THEN ROW((…).\"b\", (…).\"a\") END)::text'"},
      {"ct[]", "", "'v=(…)::text'"},
      {"outer_ct", "", "'v=ROW(…)::text'"},
  }));
  bed.both("CREATE TABLE t (v " + type + ")");
  if (!map.empty()) options.table.map = {{"v", map}};
  const std::string hint(error_of(options).hint());
  INFO(hint);
  CHECK(hint.find("(.map " + wanted + ")") != std::string::npos);
  bed.both("SET client_min_messages = error; DROP TABLE t; DROP TYPE outer_ct, ct");
}
