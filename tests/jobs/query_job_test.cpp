// Queries with a job's name: done once and only once, whatever becomes of the commit's answer.
#include "bed.hpp"
#include "leat/jobs/job_registry.hpp"
#include "support/fault_proxy.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

AdHocQueryOptions nightly_query(const Bed& bed) {
  auto options = bed.query("SELECT id, v FROM t WHERE id <= :n");
  options.parameters = {{"n", "100"}};
  options.mode = WriteMode::append;
  options.delivery = {.job = "nightly \"q\"", .retries = 0};
  return options;
}

void make_nightly_tables(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 1000) i");
}

std::string in_ledger(const Bed& bed) {
  return bed.dst(
      "SELECT state, (SELECT sum(rows) FROM leat_meta.job_ledger), (SELECT count(*) FROM "
      "leat_meta.job_slices) FROM leat_meta.jobs");
}

}  // namespace

TEST_CASE("query job: it is done once", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  options.mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::insert_missing);
  if (options.mode == WriteMode::insert_missing) {
    bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
  }
  options.stream.verify = GENERATE(false, true);
  const JobReport first = AdHocQuery(options).run();
  CHECK(first.rows_written == 100);
  CHECK(in_ledger(bed) == "done|100|1");
  const std::string rows = bed.dst("SELECT xmin, ctid, * FROM t ORDER BY id");
  const JobReport again = AdHocQuery(options).run();
  CHECK(again.rows_read == 0);
  CHECK(again.rows_written == 0);
  CHECK(has_line(again.remarks, "job nightly \"q\" was done at "));
  CHECK(has_line(again.remarks, "(100 rows): nothing was loaded"));
  CHECK(bed.dst("SELECT xmin, ctid, * FROM t ORDER BY id") == rows);
}

TEST_CASE("query job: with a target that is made, indexes that are rebuilt, and a hook", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  bool hooked = false;
  options.stream.before_commit = [&hooked](Connection&, const std::stop_token&) { hooked = true; };
  options.stream.analyze = true;
  SECTION("made") {
    bed.dst("DROP TABLE t");
    options.stream.create = CreateTarget::columns;
  }
  SECTION("rebuilt") {
    bed.dst("CREATE INDEX by_v ON t (v)");
    options.stream.indexes = Indexes::rebuild;
  }
  SECTION("staged") {
    bed.dst("ALTER TABLE t ADD PRIMARY KEY (id)");
    options.mode = WriteMode::upsert;
  }
  const JobReport report = AdHocQuery(options).run();
  CHECK(report.rows_written == 100);
  CHECK(has_line(report.remarks, "was analyzed"));
  CHECK(hooked);
  CHECK(in_ledger(bed) == "done|100|1");
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
}

TEST_CASE("query job: what failed left nothing, and the same command does it", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> 50)");
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "23514");
  CHECK(error.work().rows_committed == 0);
  CHECK(in_ledger(bed) == "failed||1");
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  CHECK(AdHocQuery(options).run().rows_written == 100);
  CHECK(in_ledger(bed) == "done|100|1");
}

TEST_CASE("query job: errors that may pass are tried again", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  options.delivery.retries = 3;
  int calls = 0;
  options.stream.before_commit = [&calls](Connection& session, const std::stop_token& stop) {
    if (++calls > 2) return;
    static_cast<void>(session.execute("DO $$ BEGIN RAISE serialization_failure; END $$", {}, stop));
  };
  CHECK(AdHocQuery(options).run().rows_written == 100);
  CHECK(calls == 3);
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
}

TEST_CASE("query job: another query under its name is refused, and the difference is told", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  static_cast<void>(AdHocQuery(options).run());
  std::string told;
  SECTION("other SQL") {
    options.sql = "SELECT id, v FROM t WHERE id < :n";
    told = "sql: ";
  }
  SECTION("another value") {
    options.parameters = {{"n", "200"}};
    told = "parameters.n: \"100\" -> \"200\"";
  }
  SECTION("another type of a parameter") {
    options.parameter_types = {{"n", "bigint"}};
    told = "parameter_types.n: nothing -> \"bigint\"";
  }
  SECTION("another mode") {
    options.mode = WriteMode::replace;
    told = "mode: \"append\" -> \"replace\"";
  }
  SECTION("a copy of a table") {
    auto copy = bed.copy();
    copy.delivery = options.delivery;
    const Error error = error_of(copy);
    check_error(error, ErrorKind::config, "");
    CHECK(contains(error.what(), "was begun by another command"));
    return;
  }
  const Error error = error_of(options);
  check_error(error, ErrorKind::config, "");
  CHECK(contains(error.what(), told));
  CHECK(has_error(AdHocQuery(options).plan().findings));
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
  // How it is run is no part of what it is.
  auto same = nightly_query(bed);
  same.stream.analyze = true;
  CHECK(AdHocQuery(same).run().rows_read == 0);
}

TEST_CASE("query job: it is begun anew where that is asked for", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  options.mode = WriteMode::replace;
  static_cast<void>(AdHocQuery(options).run());
  options.delivery.restart = true;
  options.parameters = {{"n", "200"}};
  CHECK(AdHocQuery(options).run().rows_written == 200);
  CHECK(bed.dst("SELECT count(*) FROM t") == "200");
  CHECK(bed.dst("SELECT run, state FROM leat_meta.jobs") == "2|done");
  auto appended = nightly_query(bed);
  appended.delivery.job = "appended";
  static_cast<void>(AdHocQuery(appended).run());
  appended.delivery.restart = true;
  const Error error = error_of(appended);
  check_error(error, ErrorKind::config, "");
  CHECK(contains(error.what(), "has committed 100 rows to its table, which a restart would append again"));
  CHECK(bed.dst("SELECT count(*) FROM t") == "300");
}

TEST_CASE("query job: a COMMIT whose answer is lost is settled by the ledger", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  FaultProxy proxy(Bed::server().port());
  auto options = nightly_query(bed);
  options.target =
      ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) + "/dst");
  const auto when = GENERATE(CutAt::before_it, CutAt::before_its_reply);
  options.stream.before_commit = [&](Connection&, const std::stop_token&) { proxy.cut_at("COMMIT", when); };
  SECTION("in the same run") {
    if (when == CutAt::before_it) {
      const Error error = error_of(options);
      CHECK_FALSE(error.in_doubt());
      CHECK(bed.dst("SELECT count(*) FROM t") == "0");
      options.stream.before_commit = {};
    }
    static_cast<void>(AdHocQuery(options).run());
    CHECK(proxy.cuts() == 1);
  }
  SECTION("with a further attempt") {
    options.delivery.retries = 5;
    const auto cut = options.stream.before_commit;
    options.stream.before_commit = [&, cut](Connection& session, const std::stop_token& stop) {
      if (proxy.cuts() == 0) cut(session, stop);
    };
    CHECK(AdHocQuery(options).run().rows_written == 100);
    CHECK(proxy.cuts() == 1);
  }
  CHECK(bed.dst("SELECT count(*) FROM t") == "100");
  CHECK(in_ledger(bed) == "done|100|1");
  options.stream.before_commit = {};
  CHECK(AdHocQuery(options).run().rows_read == 0);
}

TEST_CASE("query job: a stop gives it up at once", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  options.sql = "SELECT id, v FROM t WHERE id <= :n OR pg_sleep(600) IS NOT NULL";
  const auto job = start(options);
  bed.wait_until_session_waits("src", "PgSleep");
  const Error busy = error_of(options);
  check_error(busy, ErrorKind::target, "55006");
  CHECK(contains(busy.what(), "job \"nightly \"q\"\" is at work"));
  job->request_stop();
  const Error error = job->error();
  check_error(error, ErrorKind::cancelled, "");
  CHECK(contains(error.hint(), "the same command goes on with job nightly \"q\""));
  CHECK(bed.dst("SELECT state, error FROM leat_meta.jobs") == "failed|stopped");
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("query job: no other process takes part in it", "[server]") {
  const Bed bed;
  make_nightly_tables(bed);
  auto options = nightly_query(bed);
  options.sql = "SELECT id, v FROM t WHERE id <= :n OR pg_sleep(600) IS NOT NULL";
  const auto job = start(options);
  bed.wait_until_session_waits("src", "PgSleep");
  const JobRegistry registry({.target = options.target});
  try {
    static_cast<void>(registry.join("nightly \"q\"", {}));
    FAIL("joined");
  } catch (const Error& error) {
    check_error(error, ErrorKind::config, "");
    CHECK(contains(error.what(), "seen by its own process alone"));
  }
  job->request_stop();
  check_error(job->error(), ErrorKind::cancelled, "");
}

TEST_CASE("query job: options that mean nothing for it are refused", "[jobs]") {
  AdHocQueryOptions options{.sql = "SELECT 1 AS id", .to = "t"};
  SECTION("a restart of nothing") {
    options.delivery.restart = true;
  }
  SECTION("retries without a name") {
    options.delivery.retries = 1;
  }
  SECTION("parts that stay") {
    options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on};
  }
  CHECK_THROWS_AS(AdHocQuery(options), Error);
}
