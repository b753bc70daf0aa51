// Plans, progress, memory, notices, and errors that come early.
#include <algorithm>
#include <atomic>
#include <future>

#include "advisory_gate.hpp"
#include "bed.hpp"
#include "leat/postgres/session/connection.hpp"

using namespace leat;
using namespace leat::literals;
using namespace leat::test;

TEST_CASE("plan: it tells what run() would do and changes nothing", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'new')");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
  const JobPlan plan = CopyTable(bed.copy()).plan();
  REQUIRE(plan.columns.size() == 2);
  CHECK(plan.columns[0].name == "id");
  CHECK(plan.columns[0].target_type == "integer");
  CHECK(plan.format.format == RowFormat::binary);
  CHECK_FALSE(plan.format.reason.empty());
  CHECK(plan.source_sql.back().find("COPY") == 0);
  CHECK(plan.target_sql.back() == "COMMIT");
  const JobPlan query = AdHocQuery(bed.query("SELECT 1 AS id, pg_sleep(600)::text AS v")).plan();
  CHECK(query.columns.size() == 2);
  CHECK(plan.target_sql.at(1) == "TRUNCATE TABLE ONLY \"public\".\"t\"");
  CHECK(bed.dst("SELECT v FROM t") == "old");
}

TEST_CASE("options: each bound is checked and named", "[jobs]") {
  CopyTableOptions options{.table = {.from = "t"}};
  std::string named;
  SECTION("batch_bytes") {
    options.stream.batch_bytes = ByteCount{1};
    named = "batch_bytes";
  }
  SECTION("memory") {
    options.stream.memory = 1_MiB;
    named = "memory";
  }
  SECTION("flush_after") {
    options.stream.flush_after = 0ms;
    named = "flush_after";
  }
  SECTION("progress_interval") {
    options.stream.progress_interval = 0ms;
    named = "progress_interval";
  }
  SECTION("from") {
    options.table.from = "";
    named = "from";
  }
  SECTION("to") {
    options.table.to = "a.b.c";
    named = "a.b.c";
  }
  SECTION("columns and exclude") {
    options.table.columns = {"a"};
    options.table.exclude = {"b"};
    named = "exclude";
  }
  try {
    const CopyTable job(options);
    FAIL("no error");
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find(named) != std::string::npos);
  }
}

TEST_CASE("memory: rows of many sizes pass the smallest budget", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, body bytea)");
  bed.src(
      "INSERT INTO t SELECT i, convert_to(repeat('x', CASE WHEN i % 10 = 0 THEN 3000000 ELSE i END), 'UTF8') "
      "FROM generate_series(1, 60) i");
  auto options = bed.copy();
  options.stream.memory = 3_MiB;
  options.stream.batch_bytes = 16_KiB;
  CHECK(CopyTable(options).run().rows_written == 60);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("memory: a source that is faster than its target waits, whatever is on the way", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src(
      "ALTER TABLE t ALTER v SET STORAGE EXTERNAL; INSERT INTO t SELECT i, repeat(md5(i::text), 65536) FROM "
      "generate_series(1, 100) i");
  auto options = bed.copy();
  options.stream.memory = 8_MiB;
  options.stream.batch_bytes = 256_KiB;
  options.stream.limits.lock_timeout = 60s;
  auto holder = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  holder.begin();
  static_cast<void>(holder.execute("LOCK TABLE t IN ACCESS SHARE MODE"));  // TRUNCATE waits for it
  JobReport report;
  Running job([&](std::stop_token stop) { report = CopyTable(options).run(stop); });
  // A second would be enough to read them all.
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + std::string(application) +
                   "' AND wait_event = 'ClientWrite' AND clock_timestamp() > query_start + interval '1 s'",
               "1");
  holder.rollback();
  job.wait();
  CHECK(report.rows_written == 100);
  CHECK(report.most_batches_waiting <= 2);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("progress: it rises to the end and is told on the thread that called run()", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 50000)");
  auto options = bed.copy();
  std::vector<std::uint64_t> seen;
  bool same_thread = true;
  options.stream.progress_interval = 1ms;
  options.stream.on_progress = [&, me = std::this_thread::get_id()](const Progress& progress) {
    seen.push_back(progress.rows);
    same_thread = same_thread && std::this_thread::get_id() == me;
  };
  static_cast<void>(CopyTable(options).run());
  REQUIRE_FALSE(seen.empty());
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.back() == 50000);
  CHECK(same_thread);
}

TEST_CASE("progress: what its callback throws ends the job and is what run() throws", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 1000)");
  bed.dst("INSERT INTO t VALUES (-1)");
  auto options = bed.query("SELECT id FROM t WHERE id < 500 OR pg_sleep(600) IS NOT NULL");
  options.stream.progress_interval = 10ms;
  options.stream.on_progress = [](const Progress&) { throw std::out_of_range("no more"); };
  std::string text;
  try {
    start(options)->wait();
  } catch (const std::out_of_range& error) {
    text = error.what();
  }
  CHECK(text == "no more");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("progress: what its callback throws when all rows are there commits nothing", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 1000)");
  bed.dst("CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM " +
          AdvisoryGate::wait +
          "; RETURN NULL; END $$; CREATE TRIGGER waits AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION "
          "waits()");
  auto options = bed.copy();
  options.mode = WriteMode::append;
  AdvisoryGate gate(options.target.target);
  std::promise<void> commits;
  auto begins = commits.get_future();
  options.stream.before_commit = [&](Connection&, const std::stop_token&) { commits.set_value(); };
  options.stream.progress_interval = 1ms;
  options.stream.on_progress = [&](const Progress& progress) {
    if (progress.rows < 1000) return;
    gate.open();
    // All that is left is the COMMIT, which waits for this callback.
    static_cast<void>(begins.wait_for(500ms));
    throw std::out_of_range("no more");
  };
  CHECK_THROWS_AS(start(options)->wait(), std::out_of_range);
  CHECK(begins.wait_for(0s) == std::future_status::timeout);
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
}

TEST_CASE("notices: a target that talks all the time takes every row", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 20000)");
  bed.dst(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS "
      "'BEGIN RAISE NOTICE ''row %'', NEW; RAISE WARNING ''watch out''; RETURN NEW; END'; "
      "CREATE TRIGGER talk BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); "
      "CREATE TRIGGER talk_more AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION f()");
  std::atomic<int> notices = 0;
  auto options = bed.copy();
  options.stream.log = Logger(LogLevel::trace, [&](LogLevel, std::string_view message) {
    if (message.find("watch out") != std::string_view::npos) ++notices;
  });
  CHECK(CopyTable(options).run().rows_written == 20000);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(notices > 0);
}

TEST_CASE("notices: a source that talks all the time gives every row", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src(
      "CREATE FUNCTION talk(i int) RETURNS int LANGUAGE plpgsql AS "
      "'BEGIN RAISE NOTICE ''row %'', i; RETURN i; END'");
  auto options = bed.query("SELECT talk(i) AS id FROM generate_series(1, 20000) i");
  SECTION("by COPY") {}
  SECTION("by a cursor") {
    options.sql += ", (SELECT :n) AS u";
    options.parameters = {{"n", "0"}};
  }
  CHECK(AdHocQuery(options).run().rows_written == 20000);
  CHECK(bed.dst("SELECT count(*), sum(id) FROM t") == "20000|200010000");
}

// A server keeps back what does not fill its buffer of 8 KiB, so these rows are wider than that.
constexpr const char* wide_rows_then_silence =
    "SELECT id, repeat('x', 9000) AS pad FROM t WHERE id <= 15 OR pg_sleep(600) IS NOT NULL";

TEST_CASE("errors: the target's is heard while the source is still silent", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, pad text)");
  bed.src("INSERT INTO t SELECT generate_series(1, 20)");
  bed.dst("ALTER TABLE t ADD CHECK (id <> 10); INSERT INTO t VALUES (-1)");
  const auto job = start(bed.query(wide_rows_then_silence));
  check_error(job->error(), ErrorKind::target, "23514");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM t") == "-1");
}

TEST_CASE("rows of a slow source arrive at the target while it goes on", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, pad text)");
  bed.src("INSERT INTO t SELECT generate_series(1, 20)");
  bed.dst("CREATE SEQUENCE arrived; ALTER TABLE t ADD n int DEFAULT nextval('arrived')");
  const auto job = start(bed.query(wide_rows_then_silence));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int arrived = 0;
  while (arrived < 14 && std::chrono::steady_clock::now() < deadline) {
    arrived = std::stoi(bed.dst("SELECT last_value FROM arrived"));
  }
  // The end of the fifteenth row is still in the server's buffer.
  CHECK(arrived >= 14);
  job->request_stop();
  check_error(job->error(promised(3s)), ErrorKind::cancelled, "");
}

TEST_CASE("jobs: different ones run at the same time", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int); CREATE TABLE u (id int); CREATE TABLE w (id int)");
  for (const char* name : {"t", "u", "w"}) {
    bed.src("INSERT INTO " + std::string(name) + " SELECT generate_series(1, 30000)");
  }
  std::vector<std::unique_ptr<Running>> jobs;
  for (const char* name : {"t", "u", "w"}) {
    auto options = bed.copy();
    options.table.from = name;
    jobs.push_back(start(options));
  }
  for (const auto& job : jobs) job->wait();
  for (const char* name : {"t", "u", "w"}) CHECK(bed.dst(content(name)) == bed.src(content(name)));
}
