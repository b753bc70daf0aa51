// A load that is compared with its source before the commit.
#include <algorithm>

#include "leat/jobs/copy_tables.hpp"
#include "leat/transform/transform.hpp"
#include "modes.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

const WriteMode every_mode[] = {WriteMode::replace, WriteMode::append,         WriteMode::swap,
                                WriteMode::upsert,  WriteMode::insert_missing, WriteMode::delete_insert,
                                WriteMode::sync};

/// Two thousand rows; the target has one of them, which differs, and one of its own.
void make_verified_tables(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text, n numeric, j json)");
  bed.src("INSERT INTO t SELECT i, 'v' || i, i / 4.0, '{}' FROM generate_series(1, 2000) i");
  bed.dst("INSERT INTO t VALUES (-1, 'own', 0, '1')");
}

CopyTableOptions verified(const Bed& bed, WriteMode mode) {
  auto options = copy_by(bed, mode);
  options.stream.verify = true;
  return options;
}

/// A trigger that changes one value on its way.
void make_target_change(const Bed& bed) {
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id = 1234 THEN NEW.v := ''V''; "
      "END "
      "IF; RETURN NEW; END'; CREATE TRIGGER tr BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION "
      "f()");
}

}  // namespace

TEST_CASE("verified loads: every mode, when all is well", "[server]") {
  const Bed bed;
  make_verified_tables(bed);
  const WriteMode mode = GENERATE(from_range(std::begin(every_mode), std::end(every_mode)));
  auto options = verified(bed, mode);
  options.readers = GENERATE(1U, 2U);
  CHECK(has_line(CopyTable(options).plan().remarks, "verify: "));
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_inserted == 2000);
  CHECK(has_line(report.remarks, "verified: "));
  CHECK(has_line(report.remarks, "2000 rows"));
  CHECK_FALSE(has_line(CopyTable(copy_by(bed, WriteMode::replace)).run().remarks, "verified"));
}

TEST_CASE("verified loads: what the target changes is found, and nothing is committed", "[server]") {
  const Bed bed;
  make_verified_tables(bed);
  make_target_change(bed);
  const WriteMode mode = GENERATE(from_range(std::begin(every_mode), std::end(every_mode)));
  const Error error = error_of(verified(bed, mode));
  CHECK(error.kind() == ErrorKind::verify);
  CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,own,0,1)");
  if (mode == WriteMode::replace || mode == WriteMode::append || mode == WriteMode::swap) {
    CHECK(std::string(error.detail()) == "changed: '1234': v 'v1234' -> 'V'");
  } else {
    CHECK(std::string(error.detail()) == "the first that differs: (\"id\")=(1234)");
  }
}

TEST_CASE("verified loads: rows that come besides", "[server]") {
  const Bed bed;
  make_verified_tables(bed);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO t VALUES (-5, ''more'') ON "
      "CONFLICT DO NOTHING; RETURN NULL; END'; CREATE TRIGGER tr AFTER INSERT ON t FOR EACH STATEMENT WHEN "
      "(pg_trigger_depth() = 0) EXECUTE FUNCTION f()");
  const WriteMode mode = GENERATE(WriteMode::replace, WriteMode::append, WriteMode::swap, WriteMode::sync);
  const Error error = error_of(verified(bed, mode));
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::verify);
  CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,own,0,1)");
}

TEST_CASE("verified loads: duplicates, and rows that are there", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a'), (1, 'b'), (2, 'c')");
  SECTION("appended to others, without a key") {
    bed.dst("INSERT INTO t VALUES (1, 'a'), (7, 'x')");
    CHECK(has_line(CopyTable(verified(bed, WriteMode::append)).run().remarks, "verified"));
    CHECK(bed.dst("SELECT count(*) FROM t") == "5");
  }
  SECTION("the last of several wins") {
    bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
    const WriteMode mode = GENERATE(WriteMode::upsert, WriteMode::sync, WriteMode::delete_insert);
    CHECK(has_line(CopyTable(verified(bed, mode)).run().remarks, "verified"));
    CHECK(bed.dst("SELECT string_agg(v, ',' ORDER BY v) FROM t") == "b,c");
  }
  SECTION("all of one key") {
    bed.dst("INSERT INTO t VALUES (1, 'x'), (3, 'y')");
    auto options = verified(bed, WriteMode::delete_insert);
    options.key = {"id"};
    CHECK(has_line(CopyTable(options).run().remarks, "verified"));
    CHECK(bed.dst("SELECT string_agg(v, ',' ORDER BY v) FROM t") == "a,b,c,y");
  }
}

TEST_CASE("verified loads: types that print by settings, conversions, conditions, partitions", "[server]") {
  const Bed bed;
  SECTION("settings") {
    bed.both("CREATE TABLE t (id int, z timestamptz, m money, c regclass, p point, x xml, a timestamptz[])");
    bed.src(
        "SET timezone = 'Asia/Tokyo'; ALTER DATABASE src SET timezone = 'Asia/Tokyo'; INSERT INTO t VALUES "
        "(1, "
        "'2026-01-01', 5, 't', '(1,2)', '<a/>', '{2026-01-01}')");
    CHECK(has_line(CopyTable(verified(bed, WriteMode::replace)).run().remarks, "verified"));
    bed.src("ALTER DATABASE src RESET timezone");
  }
  SECTION("conversions, conditions, renamed and mapped columns") {
    bed.src(
        "CREATE TABLE t (id int, v varchar(9), q int); INSERT INTO t SELECT i, i, i FROM generate_series(1, "
        "9) i");
    bed.dst("CREATE TABLE t (id bigint, w text, doubled numeric)");
    auto options = verified(bed, WriteMode::replace);
    options.table.where = "id > 3 -- not the first";
    options.table.exclude = {"q"};
    options.table.rename = {{"v", "w"}};
    options.table.map = {{"doubled", "q * 2.5"}};
    CHECK(has_line(CopyTable(options).run().remarks, "6 rows"));
  }
  SECTION("partitions, appended") {
    bed.both(
        "CREATE TABLE t (id int, v text) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES "
        "IN "
        "(1); CREATE TABLE t2 PARTITION OF t DEFAULT");
    bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
    bed.dst("INSERT INTO t VALUES (1, 'x')");
    CHECK(has_line(CopyTable(verified(bed, WriteMode::append)).run().remarks, "2 rows"));
  }
  SECTION("an empty table, and one without columns") {
    bed.both(GENERATE(as<std::string>(), "CREATE TABLE t (id int)", "CREATE TABLE t ()"));
    CHECK(has_line(CopyTable(verified(bed, WriteMode::replace)).run().remarks, "0 rows"));
  }
  SECTION("a made table") {
    bed.src("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
    auto options = verified(bed, WriteMode::upsert);
    options.stream.create = CreateTarget::full;
    CHECK(has_line(CopyTable(options).run().remarks, "verified"));
  }
}

TEST_CASE("verified loads: of queries and of many tables", "[server]") {
  const Bed bed;
  make_verified_tables(bed);
  SECTION("a query") {
    auto options = bed.query("SELECT * FROM t WHERE id < 10 -- the first;");
    options.stream.verify = true;
    CHECK(has_line(AdHocQuery(options).run().remarks, "9 rows"));
    make_target_change(bed);
    options.sql = "SELECT * FROM t";
    CHECK(error_of(options).kind() == ErrorKind::verify);
  }
  SECTION("tables that are joined") {
    bed.both("CREATE TABLE c (id int PRIMARY KEY, t int)");
    bed.src("INSERT INTO c VALUES (1, 1)");
    bed.dst("ALTER TABLE c ADD FOREIGN KEY (t) REFERENCES t");
    CopyTablesOptions options{.source = bed.copy().source, .target = bed.copy().target, .include = {"*"}};
    options.mode = GENERATE(WriteMode::replace, WriteMode::sync, WriteMode::append);
    options.stream.verify = true;
    options.stream.application_name = application;
    const auto report = CopyTables(options).run();
    REQUIRE(report.failed() == 0);
    CHECK(has_line(report.tables.at(0).report.remarks, "verified"));
    CHECK(has_line(report.tables.at(1).report.remarks, "verified"));
    bed.dst("TRUNCATE t, c");
    make_target_change(bed);
    const auto changed = CopyTables(options).run();
    REQUIRE(changed.tables.at(1).error);
    CHECK(changed.tables.at(1).error->kind() == ErrorKind::verify);
    CHECK(bed.dst("SELECT count(*) FROM c") == "0");
  }
}

TEST_CASE("verified loads: what cannot be verified is refused before the start", "[server]") {
  const Bed bed;
  make_verified_tables(bed);
  SECTION("a row hook") {
    auto options = verified(bed, WriteMode::replace);
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    CHECK_THROWS_AS(CopyTable(options), Error);
  }
  SECTION("parameters whose values cannot be written into the query") {
    auto options = bed.query("SELECT t.* FROM t, (SELECT :id) AS u");
    options.parameters = {{"id", "1"}};
    options.stream.verify = true;
    const Error error = error_of(options);
    check_error(error, ErrorKind::config, "");
    CHECK(std::string(error.what()).find(":id may be a column without a name") != std::string::npos);
  }
  SECTION("a view") {
    bed.dst("CREATE VIEW w AS SELECT * FROM t");
    auto options = verified(bed, WriteMode::append);
    options.table.to = "w";
    options.stream.into_view = true;
    check_error(error_of(options), ErrorKind::config, "");
  }
}
