// A COMMIT whose answer does not come, in a run without a ledger: the server is asked what became of it.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "bed.hpp"
#include "late_commit.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "support/fault_proxy.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr const char* old_row = "-1";

/// The target behind a proxy, with what the job logs as a warning.
struct Behind {
  FaultProxy proxy{Bed::server().port()};
  std::mutex mutex;
  std::vector<std::string> warnings;  // guarded by mutex

  [[nodiscard]] ResolvedConnection target() const {
    return ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) +
                                       "/dst");
  }
  [[nodiscard]] Logger log() {
    return Logger(LogLevel::warning, [this](LogLevel, std::string_view text) {
      const std::lock_guard lock(mutex);
      warnings.emplace_back(text);
    });
  }
  [[nodiscard]] bool has_warned(const std::string& of) {
    const std::lock_guard lock(mutex);
    return has_line(warnings, of);
  }
};

void make_rows_and_an_old_one(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
}

CopyTableOptions copy_behind(const Bed& bed, Behind& behind) {
  auto options = bed.copy();
  options.target = behind.target();
  options.stream.log = behind.log();
  return options;
}

CopyTableOptions two_writers(const Bed& bed, Behind& behind) {
  auto options = copy_behind(bed, behind);
  options.mode = WriteMode::append;
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  return options;
}

/// Cuts the session at the load's own COMMIT.
void cut_at_commit(CopyTableOptions& options, FaultProxy& proxy, CutAt when) {
  options.stream.before_commit = [&proxy, when](Connection&, const std::stop_token&) {
    proxy.cut_at("COMMIT", when);
  };
}

CopyTablesOptions tables(Behind& behind) {
  CopyTablesOptions options{.source = ConnectionFactory().resolve(Bed::server().uri("src")),
                            .target = behind.target(),
                            .include = {"*"},
                            .stream = {.application_name = application, .log = behind.log()}};
  options.jobs = 1;
  return options;
}

void check_undone(const Error& error) {
  INFO(error.what());
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate().starts_with("08"));
  CHECK_FALSE(error.in_doubt());
  CHECK(std::string(error.what()).find("nothing was committed") != std::string::npos);
}

void check_old(const Bed& bed) {
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == old_row);
}

/// Makes every COMMIT of the table wait for the advisory lock 1.
void add_gate(const Bed& bed) {
  bed.dst(
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); "
      "RETURN NULL; END'; CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH ROW WHEN (NEW.id = 1) EXECUTE FUNCTION wait()");
}

Connection close_gate() {
  Connection gate = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  static_cast<void>(gate.execute("SELECT pg_advisory_lock(1)"));
  return gate;
}

}  // namespace

TEST_CASE("commit inquiry: the answer is lost, and the load stands", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  auto options = copy_behind(bed, behind);
  cut_at_commit(options, behind.proxy, CutAt::before_its_reply);
  options.stream.analyze = true;
  options.mode = GENERATE(WriteMode::replace, WriteMode::swap);
  options.readers = GENERATE(1U, 2U);
  const JobReport report = CopyTable(options).run();
  CHECK(behind.proxy.cuts() == 1);
  CHECK(report.rows_written == 20000);
  CHECK(has_line(report.remarks, "the answer to COMMIT was lost"));
  CHECK(has_line(report.remarks, "was analyzed"));
  CHECK(behind.has_warned("was committed"));
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("commit inquiry: a COMMIT that never arrives is an error, and nothing is in doubt", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  auto options = copy_behind(bed, behind);
  cut_at_commit(options, behind.proxy, CutAt::before_it);
  check_undone(error_of(options));
  CHECK(behind.proxy.cuts() == 1);
  check_old(bed);
}

TEST_CASE("commit inquiry: a query's rows", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  const auto when = GENERATE(CutAt::before_it, CutAt::before_its_reply);
  auto options = bed.query("SELECT * FROM t WHERE id <= 10");
  options.target = behind.target();
  options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    behind.proxy.cut_at("COMMIT", when);
  };
  if (when == CutAt::before_it) {
    check_undone(error_of(options));
    check_old(bed);
    return;
  }
  CHECK(AdHocQuery(options).run().rows_written == 10);
  CHECK(bed.dst("SELECT count(*), min(id) FROM t") == "10|1");
}

TEST_CASE("commit inquiry: where no session can be had the error is in doubt, and tells how to ask",
          "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  auto options = copy_behind(bed, behind);
  options.stream.limits.connect_timeout = 200ms;
  options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    behind.proxy.cut_at("COMMIT", CutAt::before_its_reply);
    behind.proxy.refuse();
  };
  const Error error = error_of(options);
  INFO(error.what());
  CHECK(error.in_doubt());
  CHECK(error.sqlstate().starts_with("08"));
  const std::string hint(error.hint());
  const std::string start = "SELECT pg_xact_status('";
  REQUIRE(hint.find(start) != std::string::npos);
  const auto from = hint.find(start);
  const auto to = hint.find("')", from);
  REQUIRE(to != std::string::npos);
  CHECK(bed.dst(hint.substr(from, to + 2 - from)) == "committed");
}

TEST_CASE("commit inquiry: the server still commits when the session is lost", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  add_gate(bed);
  Behind behind;
  auto options = copy_behind(bed, behind);
  // Else the server soon sees that nobody is there, and gives up.
  options.stream.before_commit = [](Connection& target, const std::stop_token& stop) {
    static_cast<void>(
        target.execute("SELECT set_config(name, '0', false) FROM pg_settings WHERE name = "
                       "'client_connection_check_interval'",
                       {}, stop));
  };
  Connection gate = close_gate();
  SECTION("and ends that") {
    const auto job = start(options);
    bed.wait_until_session_waits("dst", "advisory");
    behind.proxy.half_close(Toward::client);
    bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                     std::string(application) + "' AND query LIKE '%pg_xact_status($1%'",
                 "1");
    static_cast<void>(gate.execute("SELECT pg_advisory_unlock(1)"));
    job->wait();
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
  }
  SECTION("for too long") {
    options.stream.limits.silence_timeout = 1s;
    const auto job = start(options);
    bed.wait_until_session_waits("dst", "advisory");
    behind.proxy.half_close(Toward::client);
    const Error error = job->error();
    INFO(error.what());
    CHECK(error.in_doubt());
    CHECK(std::string(error.what()).find("still works on it") != std::string::npos);
    CHECK(std::string(error.hint()).find("pg_xact_status") != std::string::npos);
    bed.kill_session("dst");
  }
  SECTION("until a stop is requested") {
    const auto job = start(options);
    bed.wait_until_session_waits("dst", "advisory");
    behind.proxy.half_close(Toward::client);
    bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" +
                     std::string(application) + "' AND query LIKE '%pg_xact_status($1%'",
                 "1");
    job->request_stop();
    CHECK(job->error(promised(4s)).in_doubt());
    bed.kill_session("dst");
  }
}

TEST_CASE("commit inquiry: the server gives up a COMMIT whose client is gone", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  add_gate(bed);
  Behind behind;
  Connection gate = close_gate();
  const auto job = start(copy_behind(bed, behind));
  bed.wait_until_session_waits("dst", "advisory");
  behind.proxy.cut();
  check_undone(job->error());
  check_old(bed);
}

TEST_CASE("commit inquiry: two writers, of which one loses its answer", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  auto options = two_writers(bed, behind);
  const int writer = GENERATE(1, 2);
  behind.proxy.cut_at("COMMIT", CutAt::before_its_reply, writer);
  options.stream.analyze = true;
  const JobReport report = CopyTable(options).run();
  CHECK(behind.proxy.cuts() == 1);
  CHECK(report.rows_written == 20000);
  CHECK(has_line(report.remarks, "the answer to COMMIT was lost"));
  CHECK(has_line(report.remarks, "was analyzed"));
  bed.dst("DELETE FROM t WHERE id = -1");
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("commit inquiry: two writers, of which one's COMMIT never arrives", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  Behind behind;
  auto options = two_writers(bed, behind);
  SECTION("the first one's: nothing was committed") {
    behind.proxy.cut_at("COMMIT", CutAt::before_it, 1);
    check_undone(error_of(options));
    check_old(bed);
  }
  SECTION("the second one's: the error says that the first had committed") {
    behind.proxy.cut_at("COMMIT", CutAt::before_it, 2);
    const Error error = error_of(options);
    INFO(error.what());
    CHECK(error.sqlstate().starts_with("08"));
    CHECK_FALSE(error.in_doubt());
    CHECK(std::string(error.what()).find("the server has rolled it back") != std::string::npos);
    CHECK(std::string(error.what()).find("1 of 2 writers had committed their rows, the others had not") !=
          std::string::npos);
    // The rows of at most one transaction.
    CHECK(bed.dst(
              "SELECT count(DISTINCT xmin::text) <= 1, count(*) = count(DISTINCT id) FROM t WHERE id > 0") ==
          "t|t");
  }
  CHECK(behind.proxy.cuts() == 1);
}

TEST_CASE("commit inquiry: two writers, of which one's outcome cannot be learned", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  add_gate(bed);
  Behind behind;
  auto options = two_writers(bed, behind);
  options.stream.limits.connect_timeout = 200ms;
  Connection gate = close_gate();
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "advisory");
  behind.proxy.refuse();
  behind.proxy.cut();
  const Error error = job->error();
  INFO(error.what());
  CHECK(error.in_doubt());
  CHECK(std::string(error.what()).find("one may have, the others had not") != std::string::npos);
  CHECK(std::string(error.hint()).find("pg_xact_status") != std::string::npos);
}

TEST_CASE("commit inquiry: many tables, alone and joined", "[server]") {
  const Bed bed;
  const bool joined = GENERATE(false, true);
  const auto when = GENERATE(CutAt::before_it, CutAt::before_its_reply);
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int" +
           std::string(joined ? " REFERENCES p)" : ")"));
  bed.src("INSERT INTO p SELECT generate_series(1, 100); INSERT INTO q SELECT generate_series(1, 100)");
  Behind behind;
  behind.proxy.cut_at("COMMIT", when);
  const CopyTablesReport report = CopyTables(tables(behind)).run();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(behind.proxy.cuts() == 1);
  if (when == CutAt::before_its_reply) {
    CHECK(report.failed() == 0);
    CHECK(has_line(report.tables[0].report.remarks, "the answer to COMMIT was lost"));
    CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM p") == "100|100");
    CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM q") == "100|100");
    return;
  }
  CHECK(report.failed() == (joined ? 2 : 1));
  for (const auto& table : report.tables) {
    if (table.error) check_undone(*table.error);
  }
  CHECK(bed.dst("SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM q)") == (joined ? "0|0" : "0|100"));
}

TEST_CASE("commit inquiry: what cannot be learned is in doubt, of every table of the group", "[server]") {
  const Bed bed;
  const bool joined = GENERATE(true, false);
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int" +
           std::string(joined ? " REFERENCES p)" : ")"));
  bed.src("INSERT INTO p VALUES (1); INSERT INTO t VALUES (1)");
  add_gate(bed);
  Behind behind;
  auto options = tables(behind);
  options.stream.limits.connect_timeout = 200ms;
  const Connection gate = close_gate();
  CopyTablesReport report;
  Running job([&](std::stop_token stop) { report = CopyTables(options).run(std::move(stop)); });
  bed.wait_until_session_waits("dst", "advisory");
  behind.proxy.refuse();
  behind.proxy.cut();
  job.wait();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(report.tables[1].error);
  CHECK(report.tables[0].error.has_value() == joined);
  for (const auto& table : report.tables) {
    if (!table.error) continue;
    CHECK(table.error->in_doubt());
    CHECK(std::string(table.error->hint()).find("pg_xact_status") != std::string::npos);
  }
}

TEST_CASE("commit inquiry: a stop comes while the server commits, which ends well", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  bed.src("DELETE FROM t WHERE id > 10");
  add_commit_that_ends_by_cancel(bed);
  SECTION("a table") {
    const auto job = start(bed.copy());
    bed.wait_until_session_waits("dst", "PgSleep");
    job->request_stop();
    job->wait(promised(4s));
  }
  SECTION("many tables") {
    CopyTablesReport report;
    Running job([&](std::stop_token stop) {
      CopyTablesOptions options{.source = ConnectionFactory().resolve(Bed::server().uri("src")),
                                .target = ConnectionFactory().resolve(Bed::server().uri("dst")),
                                .include = {"t"},
                                .stream = {.application_name = application}};
      report = CopyTables(options).run(std::move(stop));
    });
    bed.wait_until_session_waits("dst", "PgSleep");
    job.request_stop();
    job.wait(promised(4s));
    REQUIRE(report.tables.size() == 1);
    CHECK_FALSE(report.tables[0].error);
  }
  CHECK(bed.dst("SELECT count(*), min(id) FROM t") == "10|1");
}

TEST_CASE("commit inquiry: a stop comes between the commits of two writers", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  // Whichever of them has this row: it is the first one to wait, or the second.
  add_commit_that_ends_by_cancel(bed);
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.readers = 2;
  options.writers = 2;
  options.slice_bytes = ByteCount{3U << 13U};
  options.stream.batch_bytes = ByteCount{16U << 10U};
  JobReport report;
  Running job([&](std::stop_token stop) { report = CopyTable(options).run(std::move(stop)); });
  bed.wait_until_session_waits("dst", "PgSleep");
  job.request_stop();
  try {
    job.wait(promised(4s));
    // It was the second one.
    CHECK(report.rows_written == 20000);
    CHECK(bed.dst("SELECT count(*) FROM t") == "20001");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::cancelled);
    CHECK(std::string(error.what()).find("1 of 2 writers had committed their rows, the others had not") !=
          std::string::npos);
    CHECK(bed.dst("SELECT count(*) FROM t WHERE id = 1") == "1");
  }
}

TEST_CASE("commit inquiry: a role that may not ask loads all the same", "[server]") {
  const Bed bed;
  make_rows_and_an_old_one(bed);
  bed.dst(
      "REVOKE EXECUTE ON FUNCTION pg_current_xact_id() FROM PUBLIC; DROP ROLE IF EXISTS guest; "
      "CREATE ROLE guest LOGIN; ALTER TABLE t OWNER TO guest; GRANT USAGE ON SCHEMA public TO guest");
  Behind behind;
  auto options = copy_behind(bed, behind);
  options.target = ConnectionFactory().resolve(
      "postgresql://guest@127.0.0.1:" + std::to_string(behind.proxy.port()) + "/dst");
  SECTION("well") {
    CHECK(CopyTable(options).run().rows_written == 20000);
  }
  SECTION("and is in doubt where the answer is lost") {
    cut_at_commit(options, behind.proxy, CutAt::before_its_reply);
    const Error error = error_of(options);
    CHECK(error.in_doubt());
    CHECK(std::string(error.hint()).find("look at the target") != std::string::npos);
  }
  bed.dst("GRANT EXECUTE ON FUNCTION pg_current_xact_id() TO PUBLIC; DROP OWNED BY guest; DROP ROLE guest");
}
