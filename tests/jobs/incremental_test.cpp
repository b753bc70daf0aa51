// Loads of what is new since the one before: which rows they read, and what keeps them from reading wrong
// ones.
#include "incremental.hpp"

#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void check_message(const Error& error, ErrorKind kind, const std::string& part) {
  INFO(error.what() << "\n" << error.hint());
  CHECK(error.kind() == kind);
  CHECK(std::string(error.what()).find(part) != std::string::npos);
}

/// Error of a job that is refused, with no rows changed.
void check_refused(const Bed& bed, const CopyTableOptions& options, ErrorKind kind, const std::string& part) {
  const std::string before = bed.dst("SELECT count(*), max(xmin::text) FROM t");
  check_message(error_of(options), kind, part);
  CHECK(bed.dst("SELECT count(*), max(xmin::text) FROM t") == before);
}

}  // namespace

TEST_CASE("incremental: each load reads what is new, by every mode that it goes with", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  const auto mode =
      GENERATE(WriteMode::append, WriteMode::upsert, WriteMode::insert_missing, WriteMode::delete_insert);
  auto options = new_rows(bed, mode);
  options.readers = GENERATE(1U, 2U);
  options.stream.verify = GENERATE(false, true);
  bed.src("INSERT INTO t SELECT i, 'a', i FROM generate_series(1, 1000) i");
  const JobReport first = CopyTable(options).run();
  CHECK(first.rows_read == 1000);
  REQUIRE(first.watermark);
  CHECK_FALSE(first.watermark->before);
  CHECK(first.watermark->after == "1000");
  CHECK(watermarks(bed) == "public.t|seen|pg_catalog.int8|1000|1000");
  CHECK(CopyTable(options).run().rows_read == 0);
  bed.src("INSERT INTO t SELECT i, 'b', i FROM generate_series(1001, 1007) i");
  const JobReport second = CopyTable(options).run();
  CHECK(second.rows_read == 7);
  CHECK(second.watermark->before == "1000");
  CHECK(second.watermark->after == "1007");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(watermarks(bed) == "public.t|seen|pg_catalog.int8|1007|1007");
}

TEST_CASE("incremental: the plan tells which rows, and changes nothing", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20)");
  auto options = new_rows(bed);
  options.incremental->initial = "15";
  const JobPlan plan = CopyTable(options).plan();
  CHECK_FALSE(has_error(plan.findings));
  CHECK(has_line(plan.remarks, "watermark public.t: seen from 15 up to 20"));
  CHECK(bed.dst("SELECT to_regclass('leat_meta.watermarks') IS NULL") == "t");
  CHECK(CopyTable(options).run().rows_read == 1);
}

TEST_CASE("incremental: columns of every type that may be one", "[server]") {
  const Bed bed;
  struct Values {
    const char* type;
    const char* first;
    const char* second;
    const char* lag;
  };
  const auto values = GENERATE(
      Values{"int2", "-32768", "7", "3"}, Values{"int4", "1", "2", "1"},
      Values{"numeric(12,2)", "0.01", "0.02", "0.015"}, Values{"date", "2026-01-01", "2026-01-02", "1 day"},
      Values{"timestamp(3)", "2026-01-01 00:00:00.001", "2026-01-01 00:00:00.002", "1 ms"},
      Values{"timestamptz", "2026-03-29 00:59:59+00", "2026-03-29 01:00:00+00", "1 hour"},
      Values{"text", "B", "a", ""}, Values{"varchar(30)", "01A", "01B", ""},
      Values{"uuid", "01890000-0000-7000-8000-000000000000", "01890000-0000-7000-8000-000000000001", ""},
      Values{"counted", "5", "6", "1"});
  bed.both("CREATE DOMAIN counted AS int8 CHECK (VALUE > 4)");
  INFO(values.type);
  make_growing_tables(bed, values.type);
  auto options = new_rows(bed);
  options.incremental->lag = values.lag;
  bed.src(std::string("INSERT INTO t VALUES (1, 'a', '") + values.first + "')");
  CHECK(CopyTable(options).run().rows_read == 1);
  bed.src(std::string("INSERT INTO t VALUES (2, 'b', '") + values.second + "')");
  CHECK(CopyTable(options).run().rows_inserted == 1);
  CHECK(CopyTable(options).run().rows_written == 0);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("incremental: a row that commits late is lost by the column alone, and found by lag or snapshot",
          "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  auto options = new_rows(bed);
  const int way = GENERATE(0, 1, 2);
  if (way == 1) options.incremental->lag = "5";
  if (way == 2) options.incremental->bound = IncrementalBound::snapshot;
  auto late = Connection::open(ConnectionTarget::parse(Bed::server().uri("src")), {});
  // By a subtransaction, which has a number of its own.
  static_cast<void>(late.execute("BEGIN"));
  static_cast<void>(late.execute("INSERT INTO t VALUES (5, 'late', 96)"));
  static_cast<void>(late.execute("SAVEPOINT s"));
  static_cast<void>(late.execute("INSERT INTO t VALUES (1, 'late', 97)"));
  static_cast<void>(late.execute("RELEASE s"));
  bed.src("INSERT INTO t VALUES (2, 'in time', 100)");
  CHECK(CopyTable(options).run().rows_read == 1);
  static_cast<void>(late.execute("COMMIT"));
  bed.src("INSERT INTO t VALUES (3, 'later', 101)");
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == (way == 0 ? "2,3" : "1,2,3,5"));
  if (way != 2) return;
  // It finds rows that were changed without a larger value, too, also when they are frozen.
  bed.src("UPDATE t SET v = 'changed' WHERE id = 1");
  bed.src("VACUUM FREEZE t");
  CHECK(CopyTable(options).run().rows_updated == 1);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(CopyTable(options).run().rows_read == 0);
}

TEST_CASE("incremental: options that do not go together are refused", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  auto options = new_rows(bed);
  std::string part;
  SECTION("modes that remove other rows") {
    options.mode = GENERATE(WriteMode::replace, WriteMode::swap, WriteMode::sync);
    part = "an incremental load reads new rows alone";
  }
  SECTION("append and lag") {
    options.mode = WriteMode::append;
    options.incremental->lag = "5";
    part = "append would put them there twice";
  }
  SECTION("append and the snapshot") {
    options.mode = WriteMode::append;
    options.incremental->bound = IncrementalBound::snapshot;
    part = "append would put them there twice";
  }
  SECTION("append and backfill") {
    options.mode = WriteMode::append;
    options.incremental->backfill = BackfillRange{"1", "2"};
    part = "append would put them there twice";
  }
  SECTION("append slice by slice") {
    options.mode = WriteMode::append;
    options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::refuse};
    part = "slice by slice";
  }
  SECTION("a backfill of everything") {
    options.incremental->backfill = BackfillRange{};
    part = "backfill has no bound";
  }
  check_message(error_of(options), ErrorKind::config, part);
}

TEST_CASE("incremental: columns and values that cannot be", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t VALUES (1, 'a', 1)");
  auto options = new_rows(bed);
  SECTION("a column that there is not") {
    options.incremental->column = "sen";
    check_refused(bed, options, ErrorKind::config, "did you mean seen?");
  }
  SECTION("a type without an end") {
    bed.both("ALTER TABLE t ALTER seen TYPE float8");
    check_refused(bed, options, ErrorKind::config, "of type double precision");
  }
  SECTION("a lag that is no number") {
    options.incremental->lag = "5 minutes";
    check_refused(bed, options, ErrorKind::config, "5 minutes");
  }
  SECTION("a negative lag") {
    options.incremental->lag = "-5";
    check_refused(bed, options, ErrorKind::config, "lag is negative");
  }
  SECTION("a lag of text") {
    bed.both("ALTER TABLE t ALTER seen TYPE text");
    options.incremental->lag = "5";
    check_refused(bed, options, ErrorKind::config, "lag is for times and numbers");
  }
  SECTION("SQL is a value like others") {
    options.incremental->initial = "0'); DROP TABLE t; --";
    check_refused(bed, options, ErrorKind::config, "DROP TABLE");
  }
  SECTION("a value after which nothing comes") {
    bed.both("ALTER TABLE t ALTER seen TYPE timestamp USING 'infinity'");
    check_refused(bed, options, ErrorKind::source, "infinity");
  }
  SECTION("transactions of a view") {
    bed.src("CREATE VIEW w AS SELECT * FROM t");
    options.table = {.from = "w", .to = "t"};
    options.incremental->bound = IncrementalBound::snapshot;
    check_refused(bed, options, ErrorKind::config, "do not tell which transaction");
  }
}

TEST_CASE("incremental: rows without a value are told before anything is read", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t VALUES (1, 'a', 1), (2, 'b', NULL)");
  auto options = new_rows(bed);
  check_refused(bed, options, ErrorKind::source, "have no value in column \"seen\"");
  options.table.where = "seen IS NOT NULL -- by who knows";
  CHECK(CopyTable(options).run().rows_read == 1);
}

TEST_CASE("incremental: what is lost never puts rows there twice", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.dst("ALTER TABLE t DROP CONSTRAINT t_pkey");
  bed.src("INSERT INTO t SELECT i, 'a', i FROM generate_series(1, 10) i");
  auto options = new_rows(bed, WriteMode::append);
  options.incremental->initial = "1";
  CHECK(CopyTable(options).run().rows_read == 10);
  SECTION("the watermarks are dropped") {
    bed.dst("DROP SCHEMA leat_meta CASCADE");
  }
  SECTION("the watermark is reset") {
    CHECK(registry_of(options).reset("public.t").value == "10");
  }
  check_refused(bed, options, ErrorKind::config, "there is no watermark public.t");
  CHECK(registry_of(options).set("public.t", "10").value == "10");
  bed.src("INSERT INTO t VALUES (11, 'b', 11)");
  CHECK(CopyTable(options).run().rows_read == 1);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("incremental: a table that was emptied is not taken for loaded", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t SELECT i, 'a', i FROM generate_series(1, 10) i");
  auto options = new_rows(bed);
  options.stream.create = CreateTarget::columns;
  static_cast<void>(CopyTable(options).run());
  SECTION("by TRUNCATE") {
    bed.dst("TRUNCATE t");
    check_refused(bed, options, ErrorKind::config, "public.t is empty");
  }
  SECTION("or made anew") {
    bed.dst("DROP TABLE t");
    options.mode = GENERATE(WriteMode::append, WriteMode::upsert);
    options.key = options.mode == WriteMode::upsert ? std::vector<std::string>{"id"} : options.key;
    check_message(error_of(options), ErrorKind::config, "public.t is empty");
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text, seen int8)");
  }
  registry_of(options).reset("public.t");
  CHECK(CopyTable(options).run().rows_read == 10);
}

TEST_CASE("incremental: a table that is emptied by who uses it takes new rows", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t VALUES (1, 'a', 1)");
  const auto options = new_rows(bed, WriteMode::append);
  static_cast<void>(CopyTable(options).run());
  bed.dst("TRUNCATE t");
  bed.src("INSERT INTO t VALUES (2, 'a', 2)");
  const JobPlan plan = CopyTable(options).plan();
  REQUIRE(plan.findings.size() == 1);
  CHECK(plan.findings.front().code == "watermark_without_rows");
  CHECK(CopyTable(options).run().rows_read == 1);
}

TEST_CASE("incremental: a watermark of something else is refused", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t VALUES (1, 'a', 1)");
  auto options = new_rows(bed);
  options.incremental->name = "night/t";
  static_cast<void>(CopyTable(options).run());
  std::string part;
  SECTION("of another type") {
    bed.both("ALTER TABLE t ALTER seen TYPE text");
    part = "column \"seen\" is of type text now";
  }
  SECTION("of another column") {
    options.incremental->column = "id";
    part = "is of column \"seen\", and not of \"id\"";
  }
  SECTION("of another table") {
    bed.dst("ALTER TABLE t RENAME TO u");
    bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text, seen int8)");
    bed.dst("ALTER TABLE u RENAME TO w");
    options.table.to = "w";
    check_message(error_of(options), ErrorKind::config, "is of the table public.t, and not of public.w");
    return;
  }
  SECTION("of another server's transactions") {
    bed.dst("UPDATE leat_meta.watermarks SET horizon = 1, source = 'elsewhere'");
    options.incremental->bound = IncrementalBound::snapshot;
    check_refused(bed, options, ErrorKind::source, "it is another server or database");
    return;
  }
  SECTION("a value that is none of the column") {
    registry_of(options).set("night/t", "yesterday");
    part = "yesterday";
  }
  check_refused(bed, options, ErrorKind::config, part);
}

TEST_CASE("incremental: backfill reads a range again, and the watermark stays", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t SELECT i, 'a', i FROM generate_series(1, 100) i");
  auto options = new_rows(bed);
  static_cast<void>(CopyTable(options).run());
  bed.src("UPDATE t SET v = 'silently'");
  auto backfill = options;
  backfill.incremental->backfill = BackfillRange{"10", "20"};
  const JobReport report = CopyTable(backfill).run();
  CHECK(report.rows_updated == 10);
  CHECK(bed.dst("SELECT min(seen), max(seen) FROM t WHERE v = 'silently'") == "10|19");
  backfill.incremental->backfill = BackfillRange{"95", ""};
  CHECK(CopyTable(backfill).run().rows_updated == 6);
  CHECK(watermarks(bed) == "public.t|seen|pg_catalog.int8|100|100");
  CHECK(CopyTable(options).run().rows_read == 0);
}

TEST_CASE("incremental: a query's result, with parameters", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  bed.src("INSERT INTO t SELECT i, 'a', i FROM generate_series(1, 100) i");
  auto options = bed.query("SELECT id, v, seen FROM t WHERE id <> :not -- all but one");
  options.parameters = {{"not", "7"}};
  // One that cannot be written into the query.
  if (GENERATE(false, true)) options.parameters["not"] = "7" + std::string(1U << 20U, ' ');
  options.mode = WriteMode::upsert;
  options.incremental = IncrementalOptions{.column = "seen", .lag = "2"};
  if (GENERATE(false, true)) options.delivery.job = "q";
  CHECK(AdHocQuery(options).run().rows_read == 99);
  bed.src("INSERT INTO t SELECT i, 'b', i FROM generate_series(101, 105) i");
  options.delivery.restart = !options.delivery.job.empty();
  const JobReport second = AdHocQuery(options).run();
  CHECK(second.rows_inserted == 5);
  CHECK(second.rows_read == 7);
  CHECK(watermarks(bed) == "public.t|seen|pg_catalog.int8|105|106");
  options.incremental->bound = IncrementalBound::snapshot;
  check_message(error_of(options), ErrorKind::config, "rows of a query do not tell");
}
