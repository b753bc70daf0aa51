// A stop request ends a job soon, wherever it is, as cancelled, and the old content stands.
#include <signal.h>

#include "bed.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/transform/transform.hpp"
#include "sockets.hpp"
#include "tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::chrono::milliseconds soon = promised(3s);

void check_cancelled(const Bed& bed, Running& job) {
  job.request_stop();
  check_error(job.error(soon), ErrorKind::cancelled, "");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

}  // namespace

TEST_CASE("stop: while the source works", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  SECTION("before its first row") {
    const auto job = start(bed.query("SELECT id FROM t WHERE pg_sleep(600) IS NOT NULL"));
    bed.wait_until_session_waits("src", "PgSleep");
    check_cancelled(bed, *job);
  }
  SECTION("between its rows") {
    const auto job = start(bed.query("SELECT id FROM t WHERE id < 50000 OR pg_sleep(600) IS NOT NULL"));
    bed.wait_until_session_waits("src", "PgSleep");
    check_cancelled(bed, *job);
  }
  SECTION("under a cursor") {
    auto options =
        bed.query("SELECT id FROM t, (SELECT :n) AS u WHERE id < 50000 OR pg_sleep(600) IS NOT NULL");
    options.parameters = {{"n", "50000"}};
    const auto job = start(options);
    bed.wait_until_session_waits("src", "PgSleep");
    check_cancelled(bed, *job);
  }
  SECTION("planning") {
    bed.src(
        "CREATE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_sleep(600); RETURN 1; END'");
    const auto job = start(bed.query("SELECT id FROM t WHERE id > slow()"));
    bed.wait_until_session_waits("src", "PgSleep");
    check_cancelled(bed, *job);
  }
}

TEST_CASE("stop: while the target works", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  SECTION("on a row") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
        "END'; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  }
  SECTION("at the end of the COPY") {
    bed.dst(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; "
        "END'; CREATE TRIGGER slow AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION f()");
  }
  SECTION("on the DELETE") {
    bed.dst(
        "ALTER TABLE t ADD UNIQUE (id); CREATE TABLE child (t_id int REFERENCES t (id)); "
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN OLD; "
        "END'; CREATE TRIGGER slow BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()");
  }
  const auto job = start(bed.copy());
  bed.wait_until_session_waits("dst", "PgSleep");
  check_cancelled(bed, *job);
}

TEST_CASE("stop: while the target commits, the job says what became of the rows", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; "
      "END'; CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
      "EXECUTE FUNCTION f()");
  const auto job = start(bed.copy());
  bed.wait_until_session_waits("dst", "PgSleep");
  job->request_stop();
  const Error error = job->error(soon);
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK_FALSE(error.in_doubt());
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'dst' AND application_name = '" +
                   std::string(application) + "'",
               "0");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("stop: while another session holds a lock", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  const std::string database = GENERATE("src", "dst");
  auto holder = Connection::open(ConnectionTarget::parse(Bed::server().uri(database)), {});
  holder.begin();
  static_cast<void>(holder.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE"));
  auto options = bed.copy();
  options.stream.limits.lock_timeout = 0ms;
  const auto job = start(options);
  bed.wait_until_session_waits(database, "relation");
  job->request_stop();
  check_error(job->error(soon), ErrorKind::cancelled, "");
  holder.rollback();
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("stop: while connecting to a server that never answers", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  const MuteServer mute;
  auto options = bed.copy();
  SECTION("as the source") {
    options.source = mute.connection();
  }
  SECTION("as the target") {
    options.target = mute.connection();
  }
  const auto job = start(options);
  mute.wait_for_client();
  check_cancelled(bed, *job);
}

namespace {

/// Processes that are kept from running.
class Frozen {
 public:
  explicit Frozen(std::vector<int> processes) : processes_(std::move(processes)) {
    for (const int process : processes_) ::kill(process, SIGSTOP);
  }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  ~Frozen() {
    for (const int process : processes_) ::kill(process, SIGCONT);
  }

 private:
  std::vector<int> processes_;
};

}  // namespace

TEST_CASE("stop: while a server no longer answers", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  const std::string database = GENERATE("src", "dst");
  const auto job = start(bed.query("SELECT id FROM t WHERE id < 50000 OR pg_sleep(600) IS NOT NULL"));
  bed.wait_until_session_waits("src", "PgSleep");
  bed.wait_until_session_waits("dst", "ClientRead");
  std::vector<int> processes{bed.session_pid(database)};
  SECTION("its session hangs") {}
  SECTION("all of it hangs") {
    processes.push_back(Bed::server().postmaster_pid());
  }
  {
    const Frozen frozen(processes);
    job->request_stop();
    check_error(job->error(soon), ErrorKind::cancelled, "");
  }
  // A session that hangs notices that nobody is there once it goes on.
  bed.wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) + "'",
      "0");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("stop: in the middle of a hook, which is not interrupted, and before the start", "[server]") {
  const Bed bed;
  make_numbers(bed, 100000);
  auto options = bed.copy();
  SECTION("in the middle of a hook") {
    std::stop_source stop;
    options.transform = [&stop](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") == 50000) stop.request_stop();
      out.copy_row(row);
    };
    Running job([&](const std::stop_token&) { run_job(options, stop.get_token()); });
    check_error(job.error(), ErrorKind::cancelled, "");
  }
  SECTION("before the start") {
    std::stop_source stop;
    stop.request_stop();
    Running job([&](const std::stop_token&) { run_job(options, stop.get_token()); });
    check_error(job.error(soon), ErrorKind::cancelled, "");
  }
  SECTION("before a plan") {
    std::stop_source stop;
    stop.request_stop();
    Running job(
        [&](const std::stop_token&) { static_cast<void>(CopyTable(options).plan(stop.get_token())); });
    check_error(job.error(soon), ErrorKind::cancelled, "");
  }
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}
