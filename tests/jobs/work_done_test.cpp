// What a job that failed says of what it had done.
#include <nlohmann/json.hpp>

#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/jobs/job_registry.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;
using nlohmann::json;

namespace {

constexpr std::uint64_t worked_rows = 20000;

/// Row 15,000 is refused by the target.
void make_refusing_target(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> 15000)");
}

CopyTableOptions in_slices(const Bed& bed, std::size_t readers, std::size_t writers) {
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.readers = readers;
  options.writers = writers;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

std::uint64_t rows_there(const Bed& bed) {
  return std::stoull(bed.dst("SELECT count(*) FROM t"));
}

void check_nothing_committed(const Error& error) {
  CHECK(error.work().rows_read > 0);
  CHECK(error.work().rows_read <= worked_rows);
  CHECK(error.work().rows_written <= error.work().rows_read);
  CHECK(error.work().rows_committed == 0);
  const json report = json::parse(to_json(error));
  CHECK(report["status"] == "failed");
  CHECK(report["rows_read"] == error.work().rows_read);
  CHECK(report["rows_written"] == error.work().rows_written);
  CHECK(report["rows_committed"] == 0);
}

}  // namespace

TEST_CASE("work done: one transaction that failed has committed nothing", "[server]") {
  const Bed bed;
  make_refusing_target(bed);
  SECTION("plain") {
    check_nothing_committed(error_of(in_slices(bed, 1, 1)));
  }
  SECTION("several readers") {
    check_nothing_committed(error_of(in_slices(bed, 4, 1)));
  }
  SECTION("several writers") {
    check_nothing_committed(error_of(in_slices(bed, 2, 2)));
  }
  SECTION("a query") {
    check_nothing_committed(error_of(bed.query("SELECT * FROM t ORDER BY id")));
  }
  SECTION("rows that are refused when they are published") {
    auto options = in_slices(bed, 1, 1);
    options.mode = WriteMode::upsert;
    const Error error = error_of(options);
    check_nothing_committed(error);
    CHECK(error.work().rows_written == worked_rows);
  }
  CHECK(rows_there(bed) == 0);
}

TEST_CASE("work done: a straight job tells the rows that stand", "[server]") {
  const Bed bed;
  make_refusing_target(bed);
  auto options = in_slices(bed, 2, 2);
  options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on, .retries = 0};
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23514");
  CHECK(rows_there(bed) > 0);
  CHECK(error.work().rows_committed == rows_there(bed));
  CHECK(error.work().rows_written >= error.work().rows_committed);
  CHECK(error.work().rows_read >= error.work().rows_written);
  CHECK(std::to_string(error.work().slices_done) == bed.dst("SELECT count(*) FROM leat_meta.job_ledger"));
  CHECK(error.work().slices_total > error.work().slices_done);
  // Of the next run it is that run's own.
  const auto before = rows_there(bed);
  const Error again = error_of(options);
  CHECK(again.work().rows_committed == rows_there(bed) - before);
}

TEST_CASE("work done: a straight job that is stopped tells the rows that stand", "[server]") {
  const Bed bed;
  make_refusing_target(bed);
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  bed.dst(
      "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
      "END'; "
      "CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 15000) EXECUTE FUNCTION nap()");
  auto options = in_slices(bed, 1, 1);
  options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on};
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  job->request_stop();
  const Error error = job->error();
  check_error(error, ErrorKind::cancelled, "");
  CHECK(rows_there(bed) > 0);
  CHECK(error.work().rows_committed == rows_there(bed));
}

TEST_CASE("work done: a published job that failed has committed nothing", "[server]") {
  const Bed bed;
  make_refusing_target(bed);
  auto options = in_slices(bed, 2, 2);
  options.mode = WriteMode::replace;
  options.delivery = {.job = "j", .retries = 0};
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23514");
  check_nothing_committed(error);
  CHECK(error.work().slices_total > 1);
  CHECK(rows_there(bed) == 0);
}

TEST_CASE("work done: of many tables each tells its own", "[server]") {
  const Bed bed;
  make_refusing_target(bed);
  bed.both("CREATE TABLE u (id int)");
  bed.src("INSERT INTO u VALUES (1), (2)");
  CopyTablesOptions options{.source = ConnectionFactory().resolve(Bed::server().uri("src")),
                            .target = ConnectionFactory().resolve(Bed::server().uri("dst")),
                            .include = {"public.*"},
                            .stream = {.application_name = application}};
  const CopyTablesReport report = CopyTables(options).run();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(report.tables[0].error);
  check_nothing_committed(*report.tables[0].error);
  CHECK_FALSE(report.tables[1].error);
  const json tables = json::parse(to_json(report))["tables"];
  CHECK(tables[0]["rows_committed"] == 0);
  CHECK(tables[1]["rows_committed"] == 2);
}

TEST_CASE("work done: what failed before the first row has done nothing", "[server]") {
  const Bed bed;
  const Error error = error_of(bed.copy());
  CHECK(error.work().rows_read == 0);
  CHECK(error.work().rows_written == 0);
  CHECK(error.work().rows_committed == 0);
}
