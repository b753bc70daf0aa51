// Many tables while they run: order, sessions, progress, and what is left alone.
#include <algorithm>
#include <mutex>

#include "advisory_gate.hpp"
#include "bed.hpp"
#include "leat/jobs/copy_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTablesOptions watched_copy_of(std::vector<std::string> include) {
  const ConnectionFactory connections;
  return {.source = connections.resolve(Bed::server().uri("src")),
          .target = connections.resolve(Bed::server().uri("dst")),
          .include = std::move(include),
          .stream = {.progress_interval = 10ms, .application_name = application}};
}

/// Statements of this trigger's table in the target wait until an AdvisoryGate is open.
std::string gate_on(const std::string& table) {
  return "CREATE TRIGGER gate AFTER INSERT ON " + table + " FOR EACH STATEMENT EXECUTE FUNCTION wait()";
}
const std::string make_wait = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM " +
                              AdvisoryGate::wait + "; RETURN NULL; END'; ";

}  // namespace

TEST_CASE("many tables: the largest come first", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int, v text)");
  bed.src(
      "INSERT INTO a VALUES (1); INSERT INTO b SELECT generate_series(1, 10000); INSERT INTO c SELECT 1, "
      "string_agg(md5(g::text), '') FROM generate_series(1, 100000) g");
  const auto plans = CopyTables(watched_copy_of({"*"})).plan();
  REQUIRE(plans.size() == 3);
  CHECK(plans[0].source.ends_with("public.c"));  // its rows are in the TOAST
  CHECK(plans[1].source.ends_with("public.b"));
  CHECK(plans[2].source.ends_with("public.a"));
}

TEST_CASE("many tables: within one database each would be copied onto itself", "[server]") {
  const Bed bed;
  bed.src("CREATE TABLE a (id int); INSERT INTO a VALUES (1)");
  auto options = watched_copy_of({"a"});
  options.target = options.source;
  const CopyTablesReport report = CopyTables(options).run();
  REQUIRE(report.failed() == 1);
  check_error(*report.first_error(), ErrorKind::config, "");
  CHECK(bed.src("SELECT count(*) FROM a") == "1");
}

TEST_CASE("many tables: joined ones are appended to what is there, and analyzed", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p)");
  bed.src("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1)");
  bed.dst("INSERT INTO p VALUES (2); INSERT INTO c VALUES (2)");
  auto options = watched_copy_of({"*"});
  options.mode = WriteMode::append;
  options.stream.analyze = true;
  const CopyTablesReport report = CopyTables(options).run();
  CHECK(report.status == JobStatus::done);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM p), (SELECT count(*) FROM c)") == "2|2");
  CHECK(bed.dst("SELECT sum(reltuples) FROM pg_class WHERE relname IN ('p', 'c')") == "4");
  for (const auto& table : report.tables) {
    CHECK(std::count(table.report.remarks.begin(), table.report.remarks.end(),
                     table.table + " was analyzed") == 1);
  }
}

TEST_CASE("many tables: a plan goes on with another pair of sessions where a server has refused something",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)");
  bed.src("INSERT INTO a VALUES (1)");  // so that it comes first
  Connection other = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  other.begin();
  static_cast<void>(other.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE"));
  auto options = watched_copy_of({"*"});
  options.stream.limits.lock_timeout = 100ms;
  const auto plans = CopyTables(options).plan();
  REQUIRE(plans.size() == 3);
  CHECK(has_error(plans[0].findings));
  CHECK_FALSE(has_error(plans[1].findings));
  CHECK_FALSE(has_error(plans[2].findings));
}

TEST_CASE("many tables: jobs work at the same time, and progress tells of those that are running",
          "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE bad (id int CHECK (id > 5)); CREATE "
      "TABLE "
      "c (id int)");
  bed.src(
      "ALTER TABLE bad DROP CONSTRAINT bad_id_check; INSERT INTO bad SELECT 1 FROM generate_series(1, "
      "10000); "
      "INSERT INTO a SELECT generate_series(1, 300); INSERT INTO b SELECT generate_series(1, 300)");
  bed.dst(make_wait + gate_on("a") + "; " + gate_on("b"));
  const AdvisoryGate gate(bed.copy().target.target);
  std::mutex mutex;
  TablesProgress seen;
  auto options = watched_copy_of({"*"});
  options.on_tables_progress = [&](const TablesProgress& progress) {
    const std::lock_guard lock(mutex);
    const bool wanted =
        progress.tables_ended == 1 && progress.total.rows == 600 && progress.running.size() == 2;
    if (wanted && seen.tables == 0) seen = progress;  // once, so that it may be looked at then
  };
  CopyTablesReport report;
  Running job([&](std::stop_token stop) { report = CopyTables(options).run(std::move(stop)); });
  bed.wait_until_session_waits("dst", "advisory", 2);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto has_seen = [&] {
    const std::lock_guard lock(mutex);
    return seen.tables > 0;
  };
  while (!has_seen() && std::chrono::steady_clock::now() < deadline) bed.wait_for("SELECT 1", "1");
  REQUIRE(has_seen());
  REQUIRE(seen.running.size() == 2);
  CHECK(seen.running[0].table == "public.a");
  CHECK(seen.running[0].progress.rows == 300);
  CHECK(seen.total.bytes == 6000);
  CHECK(seen.tables == 4);
  CHECK(seen.tables_failed == 1);
  job.request_stop();
  job.wait();
  CHECK(report.status == JobStatus::cancelled);
  REQUIRE(report.tables.size() == 4);
  for (const auto& table : report.tables) {
    INFO(table.table);
    REQUIRE(table.error);
    check_error(*table.error, table.table == "public.bad" ? ErrorKind::target : ErrorKind::cancelled,
                table.table == "public.bad" ? "23514" : "");
  }
}

TEST_CASE("many tables: a joined table whose rows are there runs no more", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int REFERENCES p)");
  bed.src("INSERT INTO p SELECT generate_series(1, 10); INSERT INTO c SELECT generate_series(1, 10)");
  bed.dst(make_wait + gate_on("c"));
  AdvisoryGate gate(bed.copy().target.target);
  std::mutex mutex;
  TablesProgress seen;
  auto options = watched_copy_of({"*"});
  options.on_tables_progress = [&](const TablesProgress& progress) {
    const std::lock_guard lock(mutex);
    const bool wanted =
        progress.total.rows == 20 && progress.tables_ended == 0 && progress.running.size() == 1;
    if (wanted && seen.tables == 0) seen = progress;  // once, so that it may be looked at then
  };
  Running job([&](std::stop_token stop) { static_cast<void>(CopyTables(options).run(std::move(stop))); });
  bed.wait_until_session_waits("dst", "advisory");
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const auto has_seen = [&] {
    const std::lock_guard lock(mutex);
    return seen.tables > 0;
  };
  while (!has_seen() && std::chrono::steady_clock::now() < deadline) bed.wait_for("SELECT 1", "1");
  REQUIRE(has_seen());
  REQUIRE(seen.running.size() == 1);
  CHECK(seen.running[0].table == "public.c");
  gate.open();
  job.wait();
}

TEST_CASE("many tables: a stop in the middle of a COMMIT that goes on leaves it in doubt, and says so",
          "[server]") {
  const Bed bed;
  // Else the server sees that nobody is there, and rolls back.
  const bool server_notices = GENERATE(false, true);
  const std::string deaf = server_notices ? ""
                                          : "PERFORM set_config(name, ''0'', false) FROM pg_settings WHERE "
                                            "name = ''client_connection_check_interval''; ";
  bed.both("CREATE TABLE q (id int)");
  bed.src("INSERT INTO q VALUES (1)");
  bed.dst("CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN " + deaf +
          "BEGIN PERFORM pg_sleep(600); EXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(600); END; "
          "RETURN NULL; END'; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON q DEFERRABLE INITIALLY DEFERRED "
          "FOR EACH ROW EXECUTE FUNCTION late()");
  CopyTablesReport report;
  Running job(
      [&](std::stop_token stop) { report = CopyTables(watched_copy_of({"q"})).run(std::move(stop)); });
  bed.wait_until_session_waits("dst", "PgSleep");
  job.request_stop();
  job.wait();
  REQUIRE(report.tables.size() == 1);
  REQUIRE(report.tables[0].error);
  CHECK(report.tables[0].error->kind() == ErrorKind::cancelled);
  if (server_notices) return;
  CHECK(report.tables[0].error->in_doubt());
  bed.kill_session("dst");
}
