// The watermark and its rows are one transaction, whatever happens at its end; jobs with names keep the
// bounds that they began with.
#include <string>

#include "advisory_gate.hpp"
#include "incremental.hpp"
#include "leat/jobs/job_registry.hpp"
#include "support/fault_proxy.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void fill(const Bed& bed, int from, int to) {
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40), i FROM generate_series(" + std::to_string(from) +
          ", " + std::to_string(to) + ") i");
}

/// By slices of a few rows, under a name.
CopyTableOptions named_new_rows(const Bed& bed, OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo) {
  auto options = new_rows(bed);
  options.delivery = {.job = "nightly", .on_lost_snapshot = on_lost_snapshot};
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

std::string state(const Bed& bed) {
  return bed.dst("SELECT (SELECT max(seen) FROM t) || '|' || (SELECT value FROM leat_meta.watermarks)");
}

}  // namespace

TEST_CASE("incremental: the watermark is committed with its rows, or neither is", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  FaultProxy proxy{Bed::server().port()};
  auto options = new_rows(bed, GENERATE(WriteMode::append, WriteMode::upsert));
  options.target =
      ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) + "/dst");
  fill(bed, 1, 100);
  static_cast<void>(CopyTable(options).run());
  fill(bed, 101, 200);
  auto failing = options;
  SECTION("the COMMIT never arrives") {
    failing.stream.before_commit = [&](Connection&, const std::stop_token&) {
      proxy.cut_at("COMMIT", CutAt::before_it);
    };
    static_cast<void>(error_of(failing));
  }
  SECTION("the server ends the session at the watermark") {
    bed.dst(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
        "pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'; CREATE TRIGGER no BEFORE UPDATE ON "
        "leat_meta.watermarks FOR EACH ROW EXECUTE FUNCTION no()");
    static_cast<void>(error_of(failing));
    bed.dst("DROP TRIGGER no ON leat_meta.watermarks");
  }
  SECTION("the server refuses the COMMIT, or ends in it") {
    const std::string what = GENERATE("RAISE 'no'", "PERFORM pg_terminate_backend(pg_backend_pid())");
    bed.dst("CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN " + what +
            "; RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER no AFTER INSERT ON t DEFERRABLE INITIALLY "
            "DEFERRED FOR EACH ROW WHEN (NEW.id = 150) EXECUTE FUNCTION no()");
    static_cast<void>(error_of(failing));
    CHECK(state(bed) == "100|100");
    bed.dst("DROP TRIGGER no ON t");
  }
  SECTION("the hook before the commit fails") {
    failing.stream.before_commit = [](Connection&, const std::stop_token&) {
      throw Error(ErrorKind::target, "not as expected");
    };
    static_cast<void>(error_of(failing));
  }
  SECTION("the answer to the COMMIT is lost") {
    failing.stream.before_commit = [&](Connection&, const std::stop_token&) {
      proxy.cut_at("COMMIT", CutAt::before_its_reply);
    };
    CHECK(CopyTable(failing).run().rows_read == 100);
    CHECK(state(bed) == "200|200");
    CHECK(CopyTable(options).run().rows_read == 0);
    return;
  }
  CHECK(state(bed) == "100|100");
  CHECK(CopyTable(options).run().rows_read == 100);
  CHECK(state(bed) == "200|200");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("incremental: of two loads at the same time one commits, and the other nothing", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  fill(bed, 1, 10);
  auto options = new_rows(bed, WriteMode::append);
  const bool is_first = GENERATE(true, false);
  if (!is_first) static_cast<void>(CopyTable(options).run());
  bed.dst("ALTER TABLE t DROP CONSTRAINT t_pkey");
  fill(bed, 11, 20);
  auto slow = options;
  slow.stream.before_commit = [&](Connection&, const std::stop_token&) {
    static_cast<void>(CopyTable(options).run());
  };
  const Error error = error_of(slow);
  check_error(error, ErrorKind::target, "55000");
  CHECK(std::string(error.what()).find("was changed while this load ran") != std::string::npos);
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "20|20");
  CHECK(CopyTable(options).run().rows_read == 0);
}

TEST_CASE("incremental: a job that failed goes on with the bounds that it began with", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  fill(bed, 1, 1000);
  static_cast<void>(CopyTable(new_rows(bed)).run());
  fill(bed, 1001, 20000);
  const auto on_lost_snapshot = GENERATE(OnLostSnapshot::redo, OnLostSnapshot::carry_on);
  const auto options = named_new_rows(bed, on_lost_snapshot);
  // Row 15000 is not read as long as the gate is closed.
  auto failing = options;
  {
    AdvisoryGate gate(ConnectionTarget::parse(Bed::server().uri("src")));
    bed.src(
        "CREATE FUNCTION gated(id int, v text) RETURNS text LANGUAGE plpgsql AS $$BEGIN IF id = 15000 THEN "
        "PERFORM " +
        AdvisoryGate::wait + "; END IF; RETURN v; END$$");
    failing.table.map = {{"v", "gated(id, v)"}};
    const auto job = start(failing);
    bed.wait_until_session_waits("src", "advisory");
    REQUIRE(becomes_true(patience,
                         [&] { return bed.dst("SELECT count(*) > 3 FROM leat_meta.job_ledger") == "t"; }));
    job->request_stop();
    check_error(job->error(), ErrorKind::cancelled, "");
  }
  CHECK(bed.dst("SELECT value FROM leat_meta.watermarks") == "1000");
  CHECK(bed.dst("SELECT max(id) FROM t") == "1000");
  fill(bed, 20001, 20500);
  const JobReport report = CopyTable(failing).run();
  REQUIRE(report.watermark);
  CHECK(report.watermark->after == "20000");
  if (on_lost_snapshot == OnLostSnapshot::carry_on) CHECK(report.slices_skipped > 3);
  CHECK(state(bed) == "20000|20000");
  CHECK(bed.dst("SELECT count(*), max(id) FROM t") == "20000|20000");
  CHECK(CopyTable(new_rows(bed)).run().rows_read == 500);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("incremental: eight readers and writers, with and without a name", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  auto options = named_new_rows(bed);
  options.readers = 8;
  options.writers = GENERATE(1U, 8U);
  options.mode = GENERATE(WriteMode::append, WriteMode::upsert);
  options.incremental->bound =
      options.mode == WriteMode::upsert ? IncrementalBound::snapshot : IncrementalBound::column;
  const bool has_name = GENERATE(true, false);
  if (!has_name) options.delivery = {};
  fill(bed, 1, 20000);
  CHECK(CopyTable(options).run().rows_written == 20000);
  CHECK(state(bed) == "20000|20000");
  fill(bed, 20001, 30000);
  options.delivery.restart = has_name && options.mode == WriteMode::upsert;
  if (has_name && !options.delivery.restart) options.delivery.job = "next";
  CHECK(CopyTable(options).run().rows_read == 10000);
  CHECK(state(bed) == "30000|30000");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("incremental: whoever joins a job reads what it takes for new", "[server]") {
  const Bed bed;
  make_growing_tables(bed);
  fill(bed, 1, 100);
  static_cast<void>(CopyTable(new_rows(bed)).run());
  fill(bed, 101, 20000);
  auto options = named_new_rows(bed);
  options.readers = 1;
  options.writers = 1;
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(150)}};
  AdvisoryGate gate(ConnectionTarget::parse(Bed::server().uri("src")));
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  fill(bed, 20001, 21000);
  Running joiner([&](std::stop_token stop) {
    static_cast<void>(
        JobRegistry({.target = options.target, .application_name = application})
            .join("nightly", {.source = options.source, .readers = 2, .writers = 2}, std::move(stop)));
  });
  REQUIRE(becomes_true(
      patience, [&] { return bed.dst("SELECT count(DISTINCT worker) FROM leat_meta.job_claims") == "2"; }));
  gate.open();
  joiner.wait();
  job->wait();
  CHECK(state(bed) == "20000|20000");
  CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
}
