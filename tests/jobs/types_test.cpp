// Values of every type, equal on the other side the instant run() returns.
#include "bed.hpp"
#include "support/seed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* table_of_all_types = R"(
CREATE UNLOGGED TABLE t (
  id bigint PRIMARY KEY, b boolean, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision,
  n numeric, n2 numeric(12,3), x text, v varchar(40), c char(6), nm name, by bytea, d date, ts timestamp,
  tz timestamptz, ti time, tt timetz, iv interval, u uuid, j json, jb jsonb,
  ab boolean[], ai integer[], al bigint[], af double precision[], an numeric[], ax text[], ad date[],
  ats timestamptz[], au uuid[]))";

/// Row i is NULL in every 19th column, and goes through each type's special values.
std::string rows_of_all_types(std::size_t rows) {
  return R"(
INSERT INTO t
SELECT i, CASE i % 3 WHEN 0 THEN true WHEN 1 THEN false END, (ARRAY[-32768, 0, 32767, NULL])[1 + i % 4],
  (ARRAY[-2147483648, i, 2147483647, NULL])[1 + i % 4],
  (ARRAY[-9223372036854775808, -i, 9223372036854775807, NULL])[1 + i % 4],
  (ARRAY['NaN', 'Infinity', '-Infinity', '-0', '3.4028235e38', NULL]::real[])[1 + i % 6],
  (ARRAY['NaN', 'Infinity', '-Infinity', '-0', '1.7976931348623157e308', '5e-324', NULL]::float8[])[1 + i % 7],
  (ARRAY['NaN', 'Infinity', '-Infinity', '0', '0.0000', '-99999999999999999999.000000001', '1e100', NULL]::numeric[])[1 + i % 8],
  nullif(i % 19, 0) / 7.0,
  (ARRAY['', NULL, '\N', E'a\tb\nc\rd\be\ff\vg', '\', '\\.', 'it''s "q", {x}', 'žluťoučký 馬 🐎', repeat('w', i % 300)])[1 + i % 9],
  (ARRAY['', NULL, 'v ', 'short'])[1 + i % 4], (ARRAY['', NULL, 'c', 'abcdef'])[1 + i % 4],
  nullif('name_' || i % 17, 'name_0'), (ARRAY['\x', NULL, '\x00ff5c0a', '\xdeadbeef']::bytea[])[1 + i % 4],
  (ARRAY['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31', '2024-02-29', NULL]::date[])[1 + i % 6],
  (ARRAY['infinity', '-infinity', '4713-01-01 00:00 BC', '2038-01-19 03:14:07.999999', NULL]::timestamp[])[1 + i % 5],
  (ARRAY['infinity', '-infinity', '1969-12-31 23:59:59.999999+00', '2024-02-29 12:00+14', NULL]::timestamptz[])[1 + i % 5],
  (ARRAY['00:00', '24:00', '23:59:59.999999', NULL]::time[])[1 + i % 4],
  (ARRAY['00:00+15:59', '24:00-15:59', '12:00:00.000001+00', NULL]::timetz[])[1 + i % 4],
  (ARRAY['-178000000 years', '1 mon -1 day 00:00:00.000001', '0', '2147483647 days', NULL]::interval[])[1 + i % 5],
  (ARRAY[md5(i::text)::uuid, '00000000-0000-0000-0000-000000000000', NULL])[1 + i % 3],
  (ARRAY['{"a" :  1, "a": 2}', 'null', '"\u00e9\\"', NULL]::json[])[1 + i % 4],
  (ARRAY['{"a": [1, 2.50, null]}', 'null', '"t\tx"', NULL]::jsonb[])[1 + i % 4],
  (ARRAY['{t,NULL,f}', '{}', NULL])[1 + i % 3]::boolean[], (ARRAY['{1,NULL,-3}', '{}', '[5:6]={7,8}', NULL])[1 + i % 4]::int[],
  ARRAY[i, NULL, -i], '{NaN,-0,Infinity,NULL}', '{NaN,1.500,NULL,-Infinity}',
  CASE WHEN i % 2 = 0 THEN ARRAY['', NULL, 'NULL', 'a,b', '{', '}', '"', '\', E'\t\n'] ELSE '{}' END,
  '{infinity,NULL,2024-02-29}', '{-infinity,NULL}', ARRAY[md5(i::text)::uuid, NULL]
FROM generate_series(1, )" +
         std::to_string(rows) + ") AS i";
}

}  // namespace

TEST_CASE("CopyTable: rows of every type are equal the instant run() returns", "[server][rounds]") {
  const Bed bed;
  const std::size_t rows = rounds(sanitized ? 50000 : 1000000);
  bed.both(table_of_all_types);
  bed.src(rows_of_all_types(rows));
  bed.dst("INSERT INTO t (id) VALUES (-1)");
  const JobReport report = CopyTable(bed.copy()).run();
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(bed.dst("SELECT count(*) FROM t") == std::to_string(rows));
  CHECK(report.status == JobStatus::done);
  CHECK(report.format.format == RowFormat::binary);
  CHECK(report.rows_read == rows);
  CHECK(report.rows_written == rows);
  CHECK(report.bytes_written == report.bytes_read);
}

TEST_CASE("AdHocQuery: rows of every type are equal by COPY, by a cursor, and as text", "[server]") {
  const Bed bed;
  bed.both(table_of_all_types);
  bed.src(rows_of_all_types(20000));
  SECTION("by COPY") {
    CHECK(AdHocQuery(bed.query("SELECT * FROM t")).run().format.format == RowFormat::binary);
  }
  SECTION("by COPY with a parameter's value") {
    auto options = bed.query("SELECT * FROM t WHERE id > :least");
    options.parameters = {{"least", "0"}};
    CHECK(AdHocQuery(options).run().format.format == RowFormat::binary);
  }
  SECTION("by a cursor, since a parameter is a column without a name") {
    auto options = bed.query("SELECT t.* FROM t, (SELECT :least) AS u");
    options.parameters = {{"least", "0"}};
    CHECK(AdHocQuery(options).run().format.format == RowFormat::binary);
  }
  SECTION("as text, since a column has no binary form of use") {
    bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
    CHECK(AdHocQuery(bed.query("SELECT * FROM t")).run().format.format == RowFormat::text);
  }
  SECTION("as text by a cursor") {
    bed.both("ALTER TABLE t ADD r regclass DEFAULT 'pg_class'");
    auto options = bed.query("SELECT t.* FROM t, (SELECT :least) AS u");
    options.parameters = {{"least", "0"}};
    CHECK(AdHocQuery(options).run().format.format == RowFormat::text);
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("CopyTable: what has no common binary form travels as text and arrives equal", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TYPE mood AS ENUM ('glad', 'so, so', 'o\"k'); CREATE TYPE pair AS (a int, b text); "
      "CREATE DOMAIN small AS int CHECK (value < 100000)");
  const std::string columns =
      "m mood, ms mood[], p pair, ps pair[], s small, r int4range, rc regclass, i inet, bits varbit)";
  bed.src("CREATE TABLE t (id int, " + columns);
  bed.dst("CREATE TABLE t (id bigint, " + columns);
  bed.src(
      "INSERT INTO t SELECT i, 'so, so', '{glad,NULL,\"so, so\"}', row(i, 'a,\"b\\(' || E'\\t\\n')::pair, "
      "ARRAY[row(NULL, '')::pair, NULL], i, int4range(i, i + 5), 'pg_class', '10.0.0.1/8', B'10101' "
      "FROM generate_series(1, 5000) i; INSERT INTO t VALUES (NULL)");
  const JobReport report = CopyTable(bed.copy()).run();
  CHECK(report.format.format == RowFormat::text);
  CHECK(report.rows_written == 5001);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}
