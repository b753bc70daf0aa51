// Targets with partitions, foreign keys, triggers and deferred constraints.
#include "bed.hpp"
#include "leat/transform/transform.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_referenced(const Bed& bed, const std::string& action) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY)");
  bed.src("INSERT INTO t SELECT generate_series(1, 100)");
  bed.dst("INSERT INTO t VALUES (1), (777); CREATE TABLE child (k int, t_id int REFERENCES t " + action +
          ")");
}

/// A trigger that leaves out every tenth row.
void make_suppressing(const Bed& bed) {
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 1000)");
  bed.dst(
      "INSERT INTO t VALUES (-1); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN IF NEW.id % 10 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'; "
      "CREATE TRIGGER leave_out BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
}

}  // namespace

TEST_CASE("target: a partitioned table is replaced as a whole", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE t (id int, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, 1000) i");
  bed.dst(
      "CREATE TABLE t (id int, v text) PARTITION BY RANGE (id); "
      "CREATE TABLE low PARTITION OF t FOR VALUES FROM (MINVALUE) TO (501); "
      "CREATE TABLE high PARTITION OF t FOR VALUES FROM (501) TO (2000); INSERT INTO t VALUES (-1), (1999)");
  SECTION("rows find their partitions") {
    CHECK(CopyTable(bed.copy()).run().rows_written == 1000);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
    CHECK(bed.dst("SELECT count(*) FROM low") == "500");
  }
  SECTION("a row without a partition ends the load") {
    bed.src("INSERT INTO t VALUES (5000)");
    check_error(error_of(bed.copy()), ErrorKind::target, "23514");
    CHECK(bed.dst("SELECT count(*) FROM t") == "2");
  }
}

TEST_CASE("target: a table that foreign keys reference is emptied by DELETE", "[server]") {
  const Bed bed;
  SECTION("whose rows nobody references") {
    make_referenced(bed, "");
    static_cast<void>(CopyTable(bed.copy()).run());
    CHECK(bed.dst("SELECT count(*), max(id) FROM t") == "100|100");
  }
  SECTION("whose rows are referenced") {
    make_referenced(bed, "");
    bed.dst("INSERT INTO child VALUES (1, 777)");
    check_error(error_of(bed.copy()), ErrorKind::target, "23503");
    CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "1,777");
  }
  SECTION("with a key that is checked at the end and finds its row again") {
    make_referenced(bed, "DEFERRABLE INITIALLY DEFERRED");
    bed.dst("INSERT INTO child VALUES (1, 1)");
    static_cast<void>(CopyTable(bed.copy()).run());
    CHECK(bed.dst("SELECT count(*) FROM t") == "100");
    CHECK(bed.dst("SELECT t_id FROM child") == "1");
  }
  SECTION("without rows that refer to it, though ON DELETE CASCADE") {
    make_referenced(bed, "ON DELETE CASCADE");
    bed.dst("INSERT INTO child VALUES (1, NULL)");
    static_cast<void>(CopyTable(bed.copy()).run());
    CHECK(bed.dst("SELECT count(*) FROM t") == "100");
    CHECK(bed.dst("SELECT count(*) FROM child") == "1");
  }
  SECTION("itself") {
    bed.both("CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t)");
    bed.src("INSERT INTO t SELECT i, nullif(i - 1, 0) FROM generate_series(1, 100) i");
    bed.dst("INSERT INTO t VALUES (7, 7)");
    static_cast<void>(CopyTable(bed.copy()).run());
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
}

TEST_CASE("target: rows of other tables are never changed along", "[server]") {
  const Bed bed;
  const std::string action = GENERATE("ON DELETE CASCADE", "ON DELETE SET NULL", "ON DELETE SET DEFAULT");
  make_referenced(bed, action);
  bed.dst("INSERT INTO child VALUES (1, 777)");
  check_error(error_of(bed.copy()), ErrorKind::target, "23503");
  CHECK(bed.dst("SELECT * FROM child") == "1|777");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "1,777");
}

TEST_CASE("target: rows that a trigger leaves out are an error unless they are allowed", "[server]") {
  const Bed bed;
  make_suppressing(bed);
  auto options = bed.copy();
  SECTION("an error") {
    const Error error = error_of(options);
    CHECK(error.kind() == ErrorKind::target);
    CHECK_FALSE(error.in_doubt());
    CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
  }
  SECTION("allowed") {
    options.stream.suppressed_rows = SuppressedRows::allow;
    const JobReport report = CopyTable(options).run();
    CHECK(report.rows_read == 1000);
    CHECK(report.rows_written == 900);
    CHECK(report.rows_suppressed == 100);
    CHECK(report.rows_dropped == 0);
    CHECK(bed.dst("SELECT count(*) FROM t") == "900");
  }
  SECTION("allowed, next to rows that a hook drops") {
    options.stream.suppressed_rows = SuppressedRows::allow;
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") > 500) out.copy_row(row);
    };
    const JobReport report = CopyTable(options).run();
    CHECK(report.rows_dropped == 500);
    CHECK(report.rows_suppressed == 50);
    CHECK(report.rows_written == 450);
  }
}

TEST_CASE("target: a deferred constraint that fails at the COMMIT is an error, and the old content stands",
          "[server]") {
  const Bed bed;
  SECTION("unique") {
    bed.src(
        "CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 1000); INSERT INTO t VALUES (5)");
    bed.dst("CREATE TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (-1)");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "23505");
    CHECK_FALSE(error.in_doubt());
  }
  SECTION("foreign key") {
    bed.src("CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 1000)");
    bed.dst(
        "CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent SELECT generate_series(-1, 999); "
        "CREATE TABLE t (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED); INSERT INTO t VALUES (-1)");
    const Error error = error_of(bed.copy());
    check_error(error, ErrorKind::target, "23503");
    CHECK_FALSE(error.in_doubt());
  }
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("target: readers of another session see the old rows or the new ones, never none", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 20000)");
  bed.dst("INSERT INTO t SELECT generate_series(1, 5)");
  const auto job = start(bed.copy());
  std::string seen;
  while (!job->has_ended()) {
    seen = bed.dst("SELECT count(*) FROM t");
    if (seen != "5" && seen != "20000") break;
  }
  job->wait();
  CHECK((seen.empty() || seen == "5" || seen == "20000"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
}

TEST_CASE("target: tables that leat keeps for itself are read, and never loaded", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  auto job = bed.copy();
  job.delivery.job = "known";
  static_cast<void>(CopyTable(job).run());
  auto options = bed.copy();
  SECTION("read") {
    options.source = job.target;
    options.table.from = "leat_meta.jobs";
    options.table.to = "public.jobs_of_yesterday";
    options.stream.create = CreateTarget::columns;
    CHECK(CopyTable(options).run().rows_written == 1);
    CHECK(bed.dst("SELECT name FROM jobs_of_yesterday") == "known");
  }
  SECTION("loaded") {
    bed.src("CREATE TABLE jobs AS SELECT 'stranger'::text AS name");
    options.table.from = "public.jobs";
    options.table.to = "leat_meta.jobs";
    const std::string how = GENERATE("named", "created", "found", "created where it is found");
    options.stream.create = how.starts_with("created") ? CreateTarget::columns : CreateTarget::never;
    if (how == "created") options.table.to = "leat_meta.more";
    if (how.ends_with("found")) options.table.to = how == "found" ? "jobs" : "more";
    if (how.ends_with("found")) options.target.schema = "leat_meta";
    const Error error = error_of(options);
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find("in which leat keeps what it knows of jobs") != std::string::npos);
  }
  CHECK(bed.dst("SELECT string_agg(name, ',') FROM leat_meta.jobs") == "known");
  CHECK(bed.dst("SELECT to_regclass('leat_meta.more') IS NULL") == "t");
}
