// All rows arrive, equal, the instant run() returns.
#include "promises/world.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* all_types = R"(
CREATE TABLE public.t (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b boolean, i2 smallint, i4 integer NOT NULL, i8 bigint, f4 real,
  f8 double precision, n numeric, n2 numeric(12,2), tx text, vc varchar(60), bc char(8), nm name, by bytea, d date, ti time,
  tz timetz, ts timestamp, tsz timestamptz, iv interval, u uuid, j json, jb jsonb, ai integer[], at text[], an numeric[],
  "Mixed Case" text, double bigint GENERATED ALWAYS AS (i4 * 2::bigint) STORED))";

std::string fill(int rows) {
  return R"(
INSERT INTO public.t (b, i2, i4, i8, f4, f8, n, n2, tx, vc, bc, nm, by, d, ti, tz, ts, tsz, iv, u, j, jb, ai, at, an, "Mixed Case")
SELECT i % 2 = 0, i % 30000, i, i * -1000000007::bigint,
  (ARRAY['NaN', 'Infinity', '-Infinity', '1.5', '-0']::real[])[1 + i % 5], sqrt(i),
  (ARRAY['NaN', 'Infinity', '-Infinity', '0.000', '-12345678901234567890.123456789']::numeric[])[1 + i % 5], i / 100.0,
  CASE i % 6 WHEN 0 THEN '' WHEN 1 THEN NULL WHEN 2 THEN E'tab\t, line\n, return\r, \\ backslash, \\N' WHEN 3 THEN 'it''s "q"'
             WHEN 4 THEN 'kůň 馬 🐎' ELSE 'plain ' || i END,
  nullif(repeat('v', i % 50), ''), chr(65 + i % 26), 'name ' || i % 99, decode(md5(i::text), 'hex'),
  (ARRAY['infinity', '-infinity', '4713-01-01 BC', '2024-02-29', '5874897-12-31']::date[])[1 + i % 5],
  time '00:00' + i * interval '1 ms', timetz '12:00:00.000001-15:59', 'infinity', timestamptz '2024-02-29 12:00+00' - i * interval '17 min',
  (i % 13) * interval '-1 month 3 days 4.000005 s', md5(i::text)::uuid, '{"a" : "b \\ c"}', jsonb_build_object('i', i),
  CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE ARRAY[i, NULL, -i] END, ARRAY['a,b', '{', NULL, '', 'c "d"'], ARRAY[1.50, NULL, 'NaN'],
  'x' FROM generate_series(1, )" +
         std::to_string(rows) + ") AS i";
}

}  // namespace

TEST_CASE("CopyTable: a million rows of every type are equal the instant run() returns", "[server]") {
  World world;
  world.on_both(all_types);
  world.on_source(fill(sanitized ? 30000 : 1000000));
  const auto report = CopyTable(copy_of_t(world)).run();
  CHECK(world.target_content("t") == world.source_content("t"));
  CHECK(report.rows_read == report.rows_written);
  CHECK(report.rows_written == (sanitized ? 30000U : 1000000U));
  CHECK(report.format.format == RowFormat::binary);
}

TEST_CASE("CopyTable: libpq's own path, which encrypted connections take, gives the same rows", "[server]") {
  World world;
  world.on_both(all_types);
  world.on_source(fill(20000));
  auto source =
      Connection::open(world.source().target, {.side = ErrorKind::source, .copy_path = CopyPath::libpq});
  auto target =
      Connection::open(world.target().target, {.side = ErrorKind::target, .copy_path = CopyPath::libpq});
  const auto format = GENERATE(RowFormat::binary, RowFormat::text);
  TableManager tables(source);
  const auto info = tables.describe(TableName::parse("public.t"));
  const auto columns = select_columns(info, {}, {});
  std::vector<std::string> names;
  for (const auto& column : columns) names.push_back(column.name);
  CopyReader reader(source, copy_to_sql(info, columns, "", format),
                    std::make_shared<const Schema>(row_columns(columns), format),
                    {.batch_bytes = ByteCount{10000}});
  CopyWriter writer(target, copy_from_sql(info.name, names, format), format);
  while (const auto batch = reader.read()) writer.write(*batch);
  CHECK(writer.finish() == 20000);
  CHECK(reader.server_rows() == 20000U);
  CHECK(world.target_content("t") == world.source_content("t"));
}

TEST_CASE("CopyTable: an empty source empties the target", "[server]") {
  World world;
  world.on_both("CREATE TABLE t (id int)");
  world.on_target("INSERT INTO t VALUES (1)");
  const auto report = CopyTable(copy_of_t(world)).run();
  CHECK(report.rows_written == 0);
  CHECK(world.on_target("SELECT count(*) FROM t") == "0\n");
}

TEST_CASE("CopyTable: append keeps what is there, replace does not", "[server]") {
  World world;
  world.on_both("CREATE TABLE t (id int)");
  world.on_source("INSERT INTO t VALUES (1), (2)");
  world.on_target("INSERT INTO t VALUES (7)");
  auto options = copy_of_t(world);
  options.mode = WriteMode::append;
  CopyTable(options).run();
  CHECK(world.on_target("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "1,2,7\n");
  options.mode = WriteMode::replace;
  CopyTable(options).run();
  CHECK(world.on_target("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "1,2\n");
}

TEST_CASE("CopyTable: columns, exclude, where and to choose what is copied", "[server]") {
  World world;
  world.on_source(
      "CREATE TABLE t (id int, \"B\" text, c text DEFAULT 'no'); INSERT INTO t SELECT i, 'b', 'c' FROM "
      "generate_series(1, 9) i");
  world.on_target("CREATE SCHEMA s; CREATE TABLE s.\"T\" (c text DEFAULT 'yes', \"B\" text, id int)");
  auto options = copy_of_t(world);
  options.to = "s.\"T\"";
  SECTION("columns, in any order") {
    options.columns = {"B", "id"};
  }
  SECTION("exclude") {
    options.exclude = {"c"};
  }
  options.where = "id > 4 -- those";
  CopyTable(options).run();
  CHECK(world.on_target("SELECT count(*), min(id), min(c), min(\"B\") FROM s.\"T\"") == "5|5|yes|b\n");
}

TEST_CASE("CopyTable: types that differ, and types of the database's own, travel as text", "[server]") {
  World world;
  world.on_both("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b mood)");
  world.on_source("CREATE TABLE t (id int, v int, m mood[], p pair)");
  world.on_target("CREATE TABLE t (id int, v bigint, m mood[], p pair)");
  world.on_source(
      "INSERT INTO t SELECT i, -i, '{ok,NULL,sad}', ROW(i, 'ok'::mood)::pair FROM generate_series(1, 5000) "
      "i");
  const auto report = CopyTable(copy_of_t(world)).run();
  CHECK(report.format.format == RowFormat::text);
  CHECK_THAT(report.format.reason, contains("\"v\""));
  CHECK(world.target_content("t") == world.source_content("t"));
}

TEST_CASE("AdHocQuery: with and without parameters the same rows arrive", "[server]") {
  World world;
  world.on_both(all_types);
  world.on_source(fill(12345));
  AdHocQueryOptions options{.source = world.source(), .target = world.target(), .to = "t"};
  const std::string columns =
      R"(id, b, i2, i4, i8, f4, f8, n, n2, tx, vc, bc, nm, by, d, ti, tz, ts, tsz, iv, u, j, jb, ai, at, an, "Mixed Case")";
  SECTION("COPY") {
    options.sql = "SELECT " + columns + " FROM t WHERE i4 > 0;  ";
  }
  SECTION("cursor") {
    options.sql = "SELECT " + columns + " FROM t WHERE i4 > :least AND ':no' <> E'\\':no' -- :no";
    options.parameters = {{"least", "0"}};
  }
  SECTION("cursor, small batches") {
    options.sql = "SELECT " + columns + " FROM t WHERE i4 > :least";
    options.parameters = {{"least", "0"}};
    options.stream.batch_bytes = ByteCount{4096};
  }
  const auto report = AdHocQuery(options).run();
  CHECK(report.rows_written == 12345);
  CHECK(world.target_content("t") == world.source_content("t"));
}

TEST_CASE("AdHocQuery: a parameter is a value, whatever it holds", "[server]") {
  World world;
  world.on_target("CREATE TABLE t (v text, n int, a int)");
  AdHocQueryOptions options{.source = world.source(),
                            .target = world.target(),
                            .sql = "SELECT :v AS v, :n::int AS n, ((ARRAY[4, 5, 6])[1:2])[2] AS a",
                            .parameters = {{"v", "'; DROP TABLE t; --"}, {"n", std::nullopt}},
                            .to = "t"};
  AdHocQuery(options).run();
  CHECK(world.on_target("SELECT v, n IS NULL, a FROM t") == "'; DROP TABLE t; --|t|5\n");
}

TEST_CASE("AdHocQuery: a cursor feeds a text table too", "[server]") {
  World world;
  world.on_target("CREATE TABLE t (id bigint, v text)");
  AdHocQueryOptions options{
      .source = world.source(),
      .target = world.target(),
      .sql = "SELECT i AS id, E'a\\tb\\n\\\\N' || i AS v FROM generate_series(1, :n::int) i",
      .parameters = {{"n", "1000"}},
      .to = "t"};
  const auto report = AdHocQuery(options).run();
  CHECK(report.format.format == RowFormat::text);
  CHECK(world.on_target("SELECT count(*), bool_and(v = E'a\\tb\\n\\\\N' || id) FROM t") == "1000|t\n");
}

TEST_CASE("a job: rows of many sizes pass a small memory budget", "[server]") {
  World world;
  world.on_both("CREATE TABLE t (id int, body bytea)");
  world.on_source(
      "INSERT INTO t SELECT i, convert_to(repeat('x', CASE WHEN i % 10 = 0 THEN 3000000 ELSE i END), 'UTF8') "
      "FROM generate_series(1, 60) i");
  auto options = copy_of_t(world);
  options.stream.memory = ByteCount{4U << 20U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  CHECK(CopyTable(options).run().rows_written == 60);
  CHECK(world.target_content("t") == world.source_content("t"));
}

TEST_CASE("a plan tells the format and the statements, and changes nothing", "[server]") {
  World world;
  world.on_both("CREATE TABLE t (id int)");
  world.on_source("INSERT INTO t VALUES (1)");
  world.on_target("INSERT INTO t VALUES (7)");
  const auto plan = CopyTable(copy_of_t(world)).plan();
  CHECK(plan.columns.size() == 1);
  CHECK(plan.target_sql.at(1) == "TRUNCATE TABLE ONLY \"public\".\"t\"");
  CHECK(world.on_target("SELECT id FROM t") == "7\n");
}
