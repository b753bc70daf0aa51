// Jobs with names: slices are committed once each, and the same job goes on where it ended.
#include <algorithm>
#include <mutex>
#include <string>

#include "advisory_gate.hpp"
#include "guest.hpp"
#include "leat/jobs/job_registry.hpp"
#include "modes.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Twenty thousand rows, of which number 15000 can be made to fail.
void make_keyed_tables(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
}

void forbid(const Bed& bed, const std::string& id) {
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> " + id + ")");
}

CopyTableOptions named_job(const Bed& bed, WriteMode mode,
                           OnLostSnapshot on_lost_snapshot = OnLostSnapshot::redo) {
  auto options = bed.copy();
  options.mode = mode;
  options.delivery = {.job = "nightly \"t\"", .on_lost_snapshot = on_lost_snapshot};
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

/// What ledger and plan have of the job.
std::string slices(const Bed& bed) {
  return bed.dst(
      "SELECT (SELECT count(*) FROM leat_meta.job_slices), (SELECT count(*) FROM leat_meta.job_ledger), "
      "(SELECT count(DISTINCT (run, slice)) FROM leat_meta.job_ledger)");
}

void check_done(const Bed& bed, const JobReport& report) {
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  const std::string count = std::to_string(report.slices_total);
  CHECK(slices(bed) == count + "|" + count + "|" + count);
  CHECK(report.slices_done + report.slices_skipped == report.slices_total);
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage_%'") == "0");
  CHECK(bed.dst("SELECT state FROM leat_meta.jobs") == "done");
}

}  // namespace

TEST_CASE("delivery: every mode, and again", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  if (mode != WriteMode::append)
    bed.dst("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 9) i");
  auto options = named_job(bed, mode, GENERATE(OnLostSnapshot::redo, OnLostSnapshot::refuse));
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_total > 20);
  CHECK(report.slices_skipped == 0);
  CHECK(report.consistent);
  CHECK(report.rows_read == 20000);
  CHECK(report.rows_read == report.rows_written + report.rows_unchanged);
  check_done(bed, report);
  const std::string before = bed.dst("SELECT sum(xmin::text::int8) FROM t");
  const JobReport again = CopyTable(options).run();
  CHECK(again.rows_read == 0);
  CHECK(again.slices_done == 0);
  CHECK(again.slices_skipped == report.slices_total);
  CHECK(bed.dst("SELECT sum(xmin::text::int8) FROM t") == before);
}

TEST_CASE("delivery: a published swap of a table without a unique index tells how many rows went",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 100)");
  bed.dst("INSERT INTO t SELECT generate_series(1, 30)");
  CHECK(CopyTable(named_job(bed, WriteMode::swap)).run().rows_deleted == 30);
}

TEST_CASE("delivery: a job that failed goes on where it ended", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  forbid(bed, "15000");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  check_error(error_of(options), ErrorKind::target, "23514");
  const auto done = std::stoi(bed.dst("SELECT count(*) FROM leat_meta.job_ledger"));
  const auto rows = bed.dst("SELECT count(*) FROM t");
  CHECK(done > 0);
  CHECK(bed.dst("SELECT sum(rows) FROM leat_meta.job_ledger") == rows);
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_skipped == static_cast<std::size_t>(done));
  CHECK(report.rows_read + std::stoul(rows) == 20000);
  // The servers are one, so the ledger itself has moved the snapshot on.
  CHECK_FALSE(report.consistent);
  check_done(bed, report);
}

TEST_CASE("delivery: a straight job whose target has lost its rows is refused", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  forbid(bed, "15000");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  check_error(error_of(options), ErrorKind::target, "23514");
  const std::string rows = bed.dst("SELECT count(*) FROM t");
  REQUIRE(rows != "0");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  SECTION("it was made anew") {
    bed.dst("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text)");
  }
  SECTION("it was truncated") {
    bed.dst("TRUNCATE t");
  }
  SECTION("it was truncated, and others have put rows there") {
    bed.dst("TRUNCATE t; INSERT INTO t VALUES (-1, 'other')");
  }
  SECTION("but one that was only rewritten is gone on with") {
    bed.dst("VACUUM FULL t");
    check_done(bed, CopyTable(options).run());
    return;
  }
  const std::string before = bed.dst(content("t"));
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "55000");
  CHECK(std::string(error.what()).find(rows + " rows") != std::string::npos);
  CHECK(bed.dst(content("t")) == before);
  // Nobody has it.
  check_error(error_of(options), ErrorKind::target, "55000");
}

TEST_CASE("delivery: what was read in a snapshot that is gone", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  bed.src(
      "CREATE FUNCTION f(i int) RETURNS text LANGUAGE plpgsql AS $$BEGIN IF i = 15000 THEN RAISE 'no'; END "
      "IF; "
      "RETURN ''; END$$");
  const auto choice = GENERATE(OnLostSnapshot::redo, OnLostSnapshot::carry_on, OnLostSnapshot::refuse);
  auto options = named_job(bed, WriteMode::append, choice);
  options.table.map = {{"v", "v || f(id)"}};
  check_error(error_of(options), ErrorKind::source, "P0001");
  CHECK((choice == OnLostSnapshot::redo) == (bed.dst("SELECT count(*) FROM t") == "0"));
  CHECK(std::stoi(bed.dst("SELECT count(*) FROM leat_meta.job_ledger")) > 0);
  bed.src("CREATE OR REPLACE FUNCTION f(i int) RETURNS text LANGUAGE sql AS $$SELECT ''$$");
  if (choice == OnLostSnapshot::refuse) {
    const std::string before = bed.dst(content("t"));
    const Error error = error_of(options);
    check_error(error, ErrorKind::source, "55000");
    CHECK(std::string(error.what()).find("snapshot") != std::string::npos);
    CHECK(bed.dst(content("t")) == before);
    return;
  }
  bed.src("UPDATE t SET v = 'changed' WHERE id = 20000");
  const JobReport report = CopyTable(options).run();
  CHECK(report.consistent == (choice == OnLostSnapshot::redo));
  CHECK((report.slices_skipped == 0) == (choice == OnLostSnapshot::redo));
  if (choice == OnLostSnapshot::redo) check_done(bed, report);
}

TEST_CASE("delivery: snapshots of a standby that look alike are not taken for one", "[server]") {
  const Bed bed;
  const PrivateServer primary;
  primary.create_database("src");
  primary.psql("src",
               "CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE other (id int); "
               "INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  const PrivateServer standby({.standby_of = &primary});
  const auto on_standby = [&](const std::string& sql) {
    return without_line_break(standby.psql("src", sql));
  };
  const auto replay = [&] {
    const std::string place = without_line_break(primary.psql("src", "SELECT pg_current_wal_flush_lsn()"));
    CHECK(becomes_true(
        patience, [&] { return on_standby("SELECT pg_last_wal_replay_lsn() >= '" + place + "'") == "t"; }));
  };
  const auto session = [&] {
    return Connection::open(ConnectionFactory().resolve(primary.uri("src")).target, {}, {});
  };
  // The first stays at work, the second ends between the attempts, and the third comes after it: a snapshot's
  // bounds are the same then, and only the list of those at work differs, which a standby does not print.
  auto first = session();
  auto second = session();
  first.begin();
  first.execute("INSERT INTO other VALUES (1)");
  second.begin();
  second.execute("UPDATE t SET v = 'changed' WHERE id % 10 = 0");
  primary.psql("src", "INSERT INTO other VALUES (3)");
  replay();
  const std::string before = on_standby("SELECT txid_current_snapshot()");

  bed.dst("CREATE TABLE t (id int, v text)");
  auto options = named_job(bed, WriteMode::append, GENERATE(OnLostSnapshot::redo, OnLostSnapshot::carry_on));
  options.source = ConnectionFactory().resolve(standby.uri("src"));
  options.table.map = {
      {"v", "CASE WHEN id = 15000 AND v <> 'changed' THEN (1 / (id - 15000))::text ELSE v END"}};
  check_error(error_of(options), ErrorKind::source, "22012");
  CHECK(std::stoi(bed.dst("SELECT count(*) FROM leat_meta.job_ledger")) > 0);
  second.commit();
  replay();
  CHECK(on_standby("SELECT txid_current_snapshot()") == before);
  const JobReport report = CopyTable(options).run();
  if (options.delivery.on_lost_snapshot == OnLostSnapshot::redo) {
    CHECK(report.slices_skipped == 0);
    CHECK(report.consistent);
    CHECK(bed.dst(content("t")) == on_standby(content("t")));
  } else {
    CHECK(report.slices_skipped > 0);
    CHECK_FALSE(report.consistent);
  }
  first.rollback();
}

TEST_CASE("delivery: ranges of a key are read by it when another one would be chosen", "[server]") {
  const Bed bed;
  // Whose pages cannot be told apart by leat, since they are not called a heap.
  bed.src(
      "DROP ACCESS METHOD IF EXISTS other_heap; CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER "
      "heap_tableam_handler");
  bed.src("CREATE TABLE t (a int, b int, v text) USING other_heap; CREATE INDEX ON t (a)");
  bed.dst("CREATE TABLE t (a int, b int, v text)");
  bed.src("INSERT INTO t SELECT i, (i * 7919) % 20000, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (a <> 15000)");
  check_error(error_of(options), ErrorKind::target, "23514");
  CHECK(bed.dst("SELECT count(*) > 0 FROM t") == "t");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  SECTION("another index came") {
    bed.src("CREATE UNIQUE INDEX ON t (b)");
    const JobReport report = CopyTable(options).run();
    CHECK(report.slices_skipped > 0);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("what was stored does not say which") {
    bed.dst("UPDATE leat_meta.job_slices SET definition = definition - 'key'");
    const std::string before = bed.dst(content("t"));
    const Error error = error_of(options);
    check_error(error, ErrorKind::source, "55000");
    CHECK(std::string(error.hint()).find(".restart") != std::string::npos);
    CHECK(bed.dst(content("t")) == before);
  }
  bed.src("DROP TABLE t; DROP ACCESS METHOD other_heap");
}

TEST_CASE("delivery: a published job is atomic, and what it collected stays for the next run", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
  forbid(bed, "15000");
  auto options = named_job(bed, GENERATE(WriteMode::replace, WriteMode::upsert, WriteMode::swap));
  check_error(error_of(options), ErrorKind::target, "23514");
  CHECK(bed.dst("SELECT string_agg(t::text, ' ') FROM t") == "(-1,old)");
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage_%' AND relkind = 'r'") == "1");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  // All slices are there, so nothing is read again, whatever became of the source since.
  bed.src("DELETE FROM t WHERE id = 20000");
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_done == 0);
  CHECK(report.slices_skipped == report.slices_total);
  CHECK(report.consistent);
  CHECK(bed.dst("SELECT count(*) FROM t WHERE id > 0") == "20000");
  CHECK(bed.dst("SELECT count(*) FROM pg_class WHERE relname LIKE 'stage_%'") == "0");
}

TEST_CASE("delivery: the last row in read order wins, also when slices are collected in any order",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v int, leat_slice int, leat_row text)");
  bed.src("INSERT INTO t SELECT i % 100, i, i, 'r' FROM generate_series(1, 20000) i");
  bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  auto options = named_job(bed, GENERATE(WriteMode::upsert, WriteMode::sync));
  options.readers = 4;
  options.writers = 3;
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_superseded == 19900);
  CHECK(bed.dst("SELECT count(*), min(v), max(v), count(*) FILTER (WHERE leat_slice = v) FROM t") ==
        "100|19901|20000|100");
}

TEST_CASE("delivery: another command under the same name", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::replace);
  static_cast<void>(CopyTable(options).run());
  options.table.where = "id < 10";
  const Error error = error_of(options);
  CHECK(error.kind() == ErrorKind::config);
  CHECK((std::string(error.what()) + std::string(error.detail())).find("id < 10") != std::string::npos);
  CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
  options.delivery.restart = true;
  CHECK(CopyTable(options).run().rows_written == 9);
  CHECK(bed.dst("SELECT count(*) FROM t") == "9");
}

TEST_CASE("delivery: two runs of one job at the same time", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(17000)}};
  AdvisoryGate gate(options.source.target);
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "55006");
  const auto live = JobRegistry({.target = options.target}).show(options.delivery.job);
  CHECK(live.is_live);
  gate.open();
  job->wait();
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "20000|20000");
}

TEST_CASE("delivery: a job that works on one slice for longer than its lease keeps it", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.delivery.lease = std::chrono::seconds(3);
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(17000)}};
  AdvisoryGate gate(options.source.target);
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  const std::string first = bed.dst("SELECT lease_until FROM leat_meta.jobs");
  REQUIRE(becomes_true(
      patience, [&] { return bed.dst("SELECT clock_timestamp() > '" + first + "'::timestamptz") == "t"; }));
  check_error(error_of(options), ErrorKind::target, "55006");
  gate.open();
  job->wait();
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "20000|20000");
}

TEST_CASE("delivery: sessions that are lost are opened again", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  // As many as can be told are as good as any.
  options.delivery.retries = 4294967295U;
  bool killed = false;
  options.stream.progress_interval = std::chrono::milliseconds(1);
  const std::string database = GENERATE("src", "dst");
  options.stream.on_progress = [&](const Progress& progress) {
    if (killed || progress.rows == 0) return;
    killed = true;
    bed.kill_session(database);
  };
  const JobReport report = CopyTable(options).run();
  CHECK(killed);
  check_done(bed, report);
}

TEST_CASE("delivery: an error that does not pass is not tried again", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  forbid(bed, "3");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.delivery.retries = 1000;
  check_error(error_of(options), ErrorKind::target, "23514");
  const auto record = JobRegistry({.target = options.target}).show(options.delivery.job);
  CHECK(record.state == JobState::failed);
  CHECK(record.error.find("no") != std::string::npos);
}

TEST_CASE("delivery: a stop keeps what is done", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(17000)}};
  AdvisoryGate gate(options.source.target);
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  job->request_stop();
  const Error error = job->error();
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(std::string(error.hint()).find("goes on") != std::string::npos);
  gate.open();
  static_cast<void>(CopyTable(options).run());
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "20000|20000");
}

TEST_CASE("delivery: bad rows of slices are rejected", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  forbid(bed, "15000");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.stream.max_rejects = 5;
  std::vector<std::string> rejected;
  std::mutex mutex;
  options.stream.rejects.callback = [&](const RejectedRow& row) {
    const std::lock_guard lock(mutex);
    rejected.push_back(row.sqlstate);
  };
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_rejected == 1);
  CHECK(report.status == JobStatus::done_with_rejects);
  CHECK(rejected == std::vector<std::string>{"23514"});
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "19999|19999");
}

TEST_CASE("delivery: a target that is made is there for all sessions", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' FROM generate_series(1, "
      "20000) i");
  auto options = named_job(bed, GENERATE(WriteMode::append, WriteMode::upsert), OnLostSnapshot::carry_on);
  options.stream.create = CreateTarget::full;
  const JobReport report = CopyTable(options).run();
  check_done(bed, report);
}

TEST_CASE("delivery: a published job is verified before its commit", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, GENERATE(WriteMode::replace, WriteMode::upsert));
  options.stream.verify = true;
  const JobReport report = CopyTable(options).run();
  CHECK(std::any_of(report.remarks.begin(), report.remarks.end(),
                    [](const std::string& remark) { return remark.starts_with("verified: "); }));
  check_done(bed, report);
}

TEST_CASE("delivery: tables that are one slice", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE VIEW w AS SELECT * FROM t");
  auto options = named_job(bed, GENERATE(WriteMode::append, WriteMode::upsert), OnLostSnapshot::carry_on);
  options.table.from = GENERATE("t", "w");
  options.table.to = "t";
  CHECK(CopyTable(options).run().rows_inserted == 2);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("delivery: a restart does not append rows again", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  static_cast<void>(CopyTable(options).run());
  options.delivery.restart = true;
  CHECK(error_of(options).kind() == ErrorKind::config);
  CHECK(bed.dst("SELECT count(*) FROM t") == "20000");
}

TEST_CASE("delivery: many sessions share the memory that there is by default", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.readers = 8;
  options.writers = 8;
  options.stream.batch_bytes = ByteCount{1U << 20U};
  CHECK(CopyTable(options).run().rows_inserted == 20000);
}

TEST_CASE("delivery: eight readers cut what is left of a table among themselves", "[server][random]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.both("ALTER TABLE t ALTER v SET STORAGE EXTERNAL");
  bed.src("INSERT INTO t SELECT i, repeat('x', 1000) FROM generate_series(1, 60000) i");
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.readers = 8;
  options.writers = 8;
  options.slice_bytes = ByteCount{32U << 20U};
  // Each run takes most of a second: a tenth is little, and with LEAT_ROUNDS=400 they are more than a
  // hundred.
  const RandomRun run(30, 2);
  std::size_t cuts = 0;
  for (std::size_t i = 0; i < run.rounds(); ++i) {
    options.delivery = {.job = "cut " + std::to_string(i), .on_lost_snapshot = OnLostSnapshot::carry_on};
    bed.dst("TRUNCATE t");
    const JobReport report = CopyTable(options).run();
    cuts += report.slices_total - 3;
    CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t") == "60000|60000");
    CHECK(bed.dst("SELECT count(*) FROM leat_meta.job_slices WHERE job = 'cut " + std::to_string(i) + "'") ==
          std::to_string(report.slices_total));
  }
  CHECK(cuts > 0);
}

TEST_CASE("delivery: a slice is tried so often as was asked for, not again by another attempt", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  // Sequences keep what a failed transaction has counted.
  bed.dst(
      "CREATE SEQUENCE tries; CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "PERFORM nextval('tries'); RAISE 'full' USING ERRCODE = '53100'; END $$; "
      "CREATE TRIGGER is_full BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 3) EXECUTE FUNCTION is_full()");
  auto options = named_job(bed, WriteMode::append, OnLostSnapshot::carry_on);
  options.delivery.retries = 2;
  check_error(error_of(options), ErrorKind::target, "53100");
  CHECK(bed.dst("SELECT last_value FROM tries") == "3");
}

TEST_CASE("delivery: a name of a table may be spelt in any way", "[server]") {
  const Bed bed;
  make_keyed_tables(bed);
  auto options = named_job(bed, WriteMode::replace);
  static_cast<void>(CopyTable(options).run());
  options.table.from = "PUBLIC.\"t\"";
  options.table.to = "public.T";
  CHECK(CopyTable(options).run().slices_skipped > 0);
}

TEST_CASE("delivery: a role that could not keep a ledger is told before anything is made", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE fresh (id int); INSERT INTO fresh VALUES (1)");
  const Guest guest(bed);
  bed.dst("GRANT CREATE ON SCHEMA public TO guest");
  auto options = named_job(bed, WriteMode::replace);
  options.table.from = "fresh";
  options.stream.create = CreateTarget::columns;
  options.target = Guest::connection("dst");
  check_error(error_of(options), ErrorKind::target, "42501");
  const auto findings = CopyTable(options).plan().findings;
  // The other one: the table would belong to the guest.
  REQUIRE(findings.size() == 2);
  const auto ledger = std::find_if(findings.begin(), findings.end(),
                                   [](const auto& finding) { return finding.code == "ledger"; });
  REQUIRE(ledger != findings.end());
  CHECK(ledger->hint.find("GRANT CREATE ON DATABASE") != std::string::npos);
  CHECK(bed.dst("SELECT to_regclass('fresh') IS NULL") == "t");
}
