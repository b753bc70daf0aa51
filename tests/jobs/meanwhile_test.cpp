// What others do to a table while a job begins: nothing of it may make the copy another than one snapshot.
#include <algorithm>

#include "advisory_gate.hpp"
#include "bed.hpp"
#include "guest.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "many_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::chrono::milliseconds short_lock_timeout = 100ms;

/// A session that changes things and has not committed yet.
class Other {
 public:
  Other(const std::string& database, const std::vector<std::string>& statements)
      : session_(Connection::open(ConnectionTarget::parse(Bed::server().uri(database)), {})) {
    session_.begin();
    for (const auto& sql : statements) static_cast<void>(session_.execute(sql));
  }
  void commit() { session_.commit(); }

 private:
  Connection session_;
};

/// The view "gate", whose rows arrive when an AdvisoryGate is open.
void make_gate_view(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v int)");
  bed.src("INSERT INTO t VALUES (1, 10); CREATE VIEW gate AS SELECT t.* FROM (SELECT " + AdvisoryGate::wait +
          " OFFSET 0) AS l, t");
}

}  // namespace

TEST_CASE("meanwhile: rows that a transaction puts in place of others are read, not nothing", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t SELECT generate_series(1, 10)");
  bed.dst("INSERT INTO t SELECT generate_series(1, 10)");
  const bool truncates = GENERATE(true, false);
  Other other(
      "src", truncates ? std::vector<std::string>{"TRUNCATE t", "INSERT INTO t SELECT generate_series(1, 10)"}
                       : std::vector<std::string>{"ALTER TABLE t ALTER id TYPE bigint"});
  std::unique_ptr<Running> job;
  SECTION("one table") {
    auto options = bed.copy();
    options.table.map["id"] = "id::int";
    job = start(options);
  }
  SECTION("several readers") {
    auto options = bed.copy();
    options.table.map["id"] = "id::int";
    options.readers = 2;
    job = start(options);
  }
  SECTION("many tables") {
    bed.both("CREATE TABLE u (id int)");
    bed.dst("ALTER TABLE t ALTER id TYPE bigint");
    job = std::make_unique<Running>([](std::stop_token stop) {
      CHECK(CopyTables(copy_of({"*"})).run(std::move(stop)).status == JobStatus::done);
    });
  }
  bed.wait_until_session_waits("src", "relation");
  other.commit();
  job->wait();
  CHECK(bed.dst("SELECT count(*) FROM t") == "10");
}

TEST_CASE("meanwhile: a target that is changed after it was looked at is not loaded", "[server]") {
  const Bed bed;
  make_gate_view(bed);
  bed.dst("INSERT INTO t VALUES (7, 7)");
  // A float's bytes are as many as an int's, so that COPY itself notices nothing.
  const std::string change = GENERATE("ALTER TABLE t ALTER v TYPE real",
                                      "ALTER TABLE t RENAME v TO w; ALTER TABLE t RENAME id TO v; "
                                      "ALTER TABLE t RENAME w TO id",
                                      "ALTER TABLE t RENAME TO old; CREATE TABLE t (id int, v int)");
  const WriteMode mode = GENERATE(WriteMode::replace, WriteMode::append);
  auto options = bed.copy();
  AdvisoryGate gate(options.source.target);
  options.table.from = "gate";
  options.table.to = "t";
  options.mode = mode;
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  bed.dst(change);
  const std::string before = bed.dst("SELECT * FROM t");
  gate.open();
  const Error error = job->error();
  check_error(error, ErrorKind::target, "55000");
  CHECK(std::string(error.hint()).find("again") != std::string::npos);
  CHECK(bed.dst("SELECT * FROM t") == before);
}

TEST_CASE("meanwhile: a key that cascades and comes after the look keeps rows from being deleted",
          "[server]") {
  const Bed bed;
  make_gate_view(bed);
  bed.dst(
      "ALTER TABLE t ADD PRIMARY KEY (id); INSERT INTO t VALUES (7, 7); "
      "CREATE TABLE plain (t int REFERENCES t); CREATE TABLE late (t int)");
  auto options = bed.copy();
  AdvisoryGate gate(options.source.target);
  options.table.from = "gate";
  options.table.to = "t";
  const auto job = start(options);
  bed.wait_until_session_waits("src", "advisory");
  bed.dst("INSERT INTO late VALUES (7); ALTER TABLE late ADD FOREIGN KEY (t) REFERENCES t ON DELETE CASCADE");
  gate.open();
  check_error(job->error(), ErrorKind::target, "23503");
  CHECK(bed.dst("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM late)") == "1|1");
}

TEST_CASE("meanwhile: one table that is locked does not keep the others", "[server]") {
  const Bed bed;
  const std::string database = GENERATE("src", "dst");
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int)");
  bed.src("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1); INSERT INTO c VALUES (1)");
  const Other other(database, {"LOCK TABLE b IN ACCESS EXCLUSIVE MODE"});
  auto options = copy_of({"*"});
  options.stream.limits.lock_timeout = short_lock_timeout;
  const CopyTablesReport report = CopyTables(options).run();
  REQUIRE(report.tables.size() == 3);
  CHECK(report.failed() == 1);
  REQUIRE(report.tables[1].error);
  check_error(*report.tables[1].error, database == "src" ? ErrorKind::source : ErrorKind::target, "55P03");
  CHECK(std::string(report.tables[1].error->detail()).find("holds AccessExclusiveLock") != std::string::npos);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM c)") == "1|1");
}

TEST_CASE("meanwhile: who may read columns alone reads without a lock", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, secret text); CREATE TABLE u (id int)");
  const Guest guest(bed);
  bed.src(
      "INSERT INTO t VALUES (1, 's'); INSERT INTO u VALUES (1); GRANT SELECT (id) ON t TO guest; GRANT "
      "SELECT "
      "ON u TO guest");
  auto options = bed.copy();
  options.source = Guest::connection("src");
  options.table.columns = {"id"};
  run_job(options);
  CHECK(bed.dst("SELECT id, secret IS NULL FROM t") == "1|t");
  auto all = copy_of({"*"});
  all.source = options.source;
  const CopyTablesReport report = CopyTables(all).run();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(report.tables[0].error);
  check_error(*report.tables[0].error, ErrorKind::source, "42501");
  CHECK_FALSE(report.tables[1].error);
  CHECK(bed.dst("SELECT count(*) FROM u") == "1");
}

TEST_CASE("meanwhile: an empty table is locked, and its triggers of TRUNCATE fire", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t VALUES (1)");
  SECTION("its files stay") {
    const std::string before = bed.dst("SELECT relfilenode FROM pg_class WHERE relname = 't'");
    run_job(bed.copy());
    CHECK(bed.dst("SELECT relfilenode FROM pg_class WHERE relname = 't'") == before);
    // Not of one that has rows, or had some.
    run_job(bed.copy());
    CHECK(bed.dst("SELECT count(*) FROM t") == "1");
    CHECK(bed.dst("SELECT relfilenode FROM pg_class WHERE relname = 't'") != before);
  }
  SECTION("a trigger") {
    bed.dst(
        "CREATE TABLE seen (what text); CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
        "INSERT INTO seen VALUES (TG_OP); RETURN NULL; END$$; CREATE TRIGGER tr BEFORE TRUNCATE ON t "
        "EXECUTE FUNCTION note()");
    run_job(bed.copy());
    CHECK(bed.dst("SELECT string_agg(what, ',') FROM seen") == "TRUNCATE");
  }
}

TEST_CASE("meanwhile: what cannot be locked is held all the same", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, secret int)");
  bed.src(
      "INSERT INTO t SELECT g, g FROM generate_series(1, 10) g; CREATE MATERIALIZED VIEW m AS SELECT * FROM "
      "t");
  bed.dst("CREATE TABLE m (id int, secret int)");
  const Guest guest(bed);
  bed.src("GRANT SELECT (id) ON t TO guest; GRANT SELECT ON m TO guest");
  auto options = bed.copy();
  options.source = Guest::connection("src");
  options.table.columns = {"id"};
  const bool view = GENERATE(true, false);
  if (view) options.table.from = options.table.to = "m";
  Other other("src",
              view ? std::vector<std::string>{"INSERT INTO t VALUES (11, 11)", "REFRESH MATERIALIZED VIEW m"}
                   : std::vector<std::string>{"TRUNCATE t", "INSERT INTO t VALUES (1, 1), (2, 2)"});
  std::unique_ptr<Running> job;
  const bool many = GENERATE(true, false);
  if (many) {
    bed.dst("ALTER TABLE t DROP secret");
    job = std::make_unique<Running>([&](std::stop_token stop) {
      auto all = copy_of({view ? "m" : "t"});
      all.source = options.source;
      static_cast<void>(CopyTables(all).run(std::move(stop)));
    });
  } else {
    job = start(options);
  }
  bed.wait_until_session_waits("src", "relation");
  other.commit();
  job->wait();
  if (view) {
    CHECK(bed.dst("SELECT count(*) FROM m") == "11");
  } else if (!many) {
    CHECK(bed.dst("SELECT count(*) FROM t") == "2");
  }
}

TEST_CASE("meanwhile: tables that were truncated after their locks were lost do not arrive as empty",
          "[server]") {
  const Bed bed;
  // The second one to be copied; after it no other session can join the snapshot.
  const std::string second = GENERATE("plain", "rooted");
  bed.both(
      "CREATE TABLE big (id int); CREATE TABLE plain (id int); CREATE TABLE rooted (id int) PARTITION BY "
      "LIST (id); "
      "CREATE TABLE leaf PARTITION OF rooted DEFAULT");
  bed.src("INSERT INTO big SELECT generate_series(1, 100000); INSERT INTO " + second + " VALUES (1)");
  bed.dst(
      "INSERT INTO plain VALUES (7); INSERT INTO rooted VALUES (7); CREATE FUNCTION f() RETURNS "
      "trigger LANGUAGE plpgsql AS 'BEGIN PERFORM " +
      AdvisoryGate::wait +
      "; RETURN NULL; END'; "
      "CREATE TRIGGER gate AFTER INSERT ON big FOR EACH STATEMENT EXECUTE FUNCTION f()");
  AdvisoryGate gate(bed.copy().target.target);
  CopyTablesReport report;
  Running job([&](std::stop_token stop) {
    auto options = copy_of({"big", second});
    options.jobs = 1;
    report = CopyTables(options).run(std::move(stop));
  });
  bed.wait_until_session_waits("dst", "advisory");
  // The session that holds the locks does nothing; the one that reads is in the middle of its transaction,
  // too, but was the last to begin.
  bed.src(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leat-jobs-test' AND "
      "datname = "
      "'src' ORDER BY backend_start LIMIT 1");
  bed.wait_for(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat-jobs-test' AND datname = 'src'",
      "1");
  bed.src("TRUNCATE plain, rooted");
  gate.open();
  job.wait();
  REQUIRE(report.tables.size() == 2);
  CHECK_FALSE(report.tables[0].error);
  REQUIRE(report.tables[1].error);
  check_error(*report.tables[1].error, ErrorKind::source, "55000");
  CHECK(std::string(report.tables[1].error->what()).find("truncated") != std::string::npos);
  CHECK(bed.dst("SELECT min(id) FROM " + second) == "7");
}

TEST_CASE("meanwhile: a job that reads what it is to empty is refused and does not wait for itself",
          "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT id + 1 AS id FROM t");
  auto options = bed.copy();
  options.source = options.target;
  options.table.from = "v";
  options.table.to = "t";
  check_error(error_of(options), ErrorKind::target, "55P03");
  options.mode = WriteMode::append;
  run_job(options);
  CHECK(bed.dst("SELECT string_agg(id::text, ',' ORDER BY id) FROM t") == "1,2");
}
