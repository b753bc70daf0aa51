// Behind PgBouncer, whose server sessions are other clients', too, with what these have left in them.
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "leat/ledger/ledger.hpp"
#include "leat/ledger/slice_ledger.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "modes.hpp"
#include "support/pooler.hpp"
#include "ways.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Without the program a case ends before it has begun.
bool has_pooler() {
  if (Pooler::is_installed()) return true;
  WARN("SKIPPED: PgBouncer is not installed: run scripts/setup");
  return false;
}

/// What a careless client leaves in the session that it was given. The last statement is its work.
constexpr const char* careless_sql =
    "SET IntervalStyle = sql_standard; SET extra_float_digits = -3; SET bytea_output = escape; "
    "SET search_path = other; SET lock_timeout = '3s'; SET statement_timeout = '3s'; "
    "SET default_tablespace = ''; SELECT pg_sleep(0.001)";

CopyTableOptions through(const Pooler& pooler, const Bed& bed) {
  auto options = bed.copy();
  options.source = ConnectionFactory().resolve(pooler.uri("src"));
  options.target = ConnectionFactory().resolve(pooler.uri("dst"));
  options.slice_bytes = ByteCount{3U << 13U};
  return options;
}

Connection connect(const std::string& uri, ErrorKind side = ErrorKind::target) {
  return Connection::open(ConnectionTarget::parse(uri), {.side = side, .application_name = application});
}

void make_keyed_table(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 4000) i");
}

/// The first value of a COPY in text format.
std::string copied(Connection& session, const std::string& sql) {
  const auto schema =
      std::make_shared<const Schema>(std::vector<Column>{{.name = "i", .type = 25}}, RowFormat::text);
  CopyReader reader(session, sql, schema);
  const auto batch = reader.read();
  if (!batch) return {};
  const auto row = batch->row_bytes(0);
  std::string text(reinterpret_cast<const char*>(row.data()), row.size());
  while (reader.read()) {
  }
  return without_line_break(text);
}

/// All server sessions of a pool, held by a client each.
class WholePool {
 public:
  WholePool(const Pooler& pooler, const std::string& database, int size) {
    for (int i = 0; i < size; ++i) {
      clients_.push_back(std::make_unique<PoolClient>(pooler.uri(database)));
      clients_.back()->run("BEGIN");
    }
  }
  WholePool(const WholePool&) = delete;
  WholePool& operator=(const WholePool&) = delete;
  ~WholePool() {
    try {
      for (auto& client : clients_) client->run("COMMIT");
    } catch (const std::exception&) {  // whoever asks has learned of it
    }
  }

  /// The different answers to a query.
  [[nodiscard]] std::set<std::string> ask(const std::string& sql) {
    std::set<std::string> all;
    for (auto& client : clients_) all.insert(client->run(sql));
    return all;
  }

 private:
  std::vector<std::unique_ptr<PoolClient>> clients_;
};

/// Settings, locks, temporary objects, prepared statements and cursors that a client finds in a session.
constexpr const char* leftovers_query =
    "SELECT concat_ws(' ', (SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings "
    "WHERE "
    "source = 'session' AND setting <> reset_val AND name <> 'application_name'), (SELECT count(*) FROM "
    "pg_locks "
    "WHERE pid = pg_backend_pid() AND locktype = 'advisory'), (SELECT count(*) FROM pg_class WHERE "
    "relpersistence = 't' AND relnamespace = pg_my_temp_schema()), (SELECT count(*) FROM "
    "pg_prepared_statements), (SELECT count(*) FROM pg_cursors))";

/// What clients find in any session of the pool.
std::set<std::string> leftovers(const Pooler& pooler, int size) {
  auto all = WholePool(pooler, "src", size).ask(leftovers_query);
  all.merge(WholePool(pooler, "dst", size).ask(leftovers_query));
  return all;
}

std::string busy_with(int seconds) {
  return "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = 'SELECT pg_sleep(" +
         std::to_string(seconds) + ")'";
}

}  // namespace

TEST_CASE("pooler: nothing of a job is left in the server sessions of others", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  make_keyed_table(bed);
  bed.dst("INSERT INTO t VALUES (1, 'old'), (7000, 'old'); CREATE INDEX ON t (v)");
  constexpr int size = 4;
  const Pooler pooler(Bed::server(), {.pool_size = size});
  const std::set<std::string> nothing{"0 0 0 0"};
  REQUIRE(leftovers(pooler, size) == nothing);
  auto options = through(pooler, bed);
  SECTION("after a copy") {}
  SECTION("after one that is verified and rebuilds indexes") {
    options.stream.verify = true;
    options.stream.indexes = Indexes::rebuild;
  }
  SECTION("after several writers") {
    options.writers = 2;
  }
  SECTION("after a sync by a job with a name") {
    options.mode = WriteMode::sync;
    options.readers = options.writers = 2;
    options.delivery.job = "j";
  }
  SECTION("after a straight job with a name") {
    bed.dst("TRUNCATE t");
    options.mode = WriteMode::append;
    options.readers = options.writers = 2;
    options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on};
  }
  run_job(options);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  CHECK(leftovers(pooler, size) == nothing);
}

TEST_CASE_METHOD(EveryWay, "pooler: every way in which rows travel, beside careless clients", "[server]") {
  if (!has_pooler()) return;
  make_keyed_table(bed);
  // Enough for eight by eight.
  const Pooler pooler(Bed::server(), {.pool_size = 14});
  const auto pool = through(pooler, bed);
  options.source = pool.source;
  options.target = pool.target;
  for (const auto* end : {"src", "dst"}) {
    PoolClient(pooler.uri(end)).run(careless_sql);
  }
  const JobReport report = run_by(way, options);
  CHECK(report.rows_written == way_rows);
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
  check_nothing_left(bed, way);
}

TEST_CASE("pooler: rows are right whatever other clients have set", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  // Names of objects make text of all columns.
  const bool is_text = GENERATE(true, false);
  const std::string name = is_text ? ", r regclass" : "";
  bed.both(
      "CREATE SCHEMA IF NOT EXISTS other; CREATE TABLE IF NOT EXISTS other.thing (); "
      "CREATE TABLE t (id int PRIMARY KEY, i interval, f float8, b bytea, d timestamptz" +
      name + ")");
  bed.src("INSERT INTO t SELECT g, '-3 days -04:05:06', 0.1::float8 + 0.2, '\\x00ff5c', now()" +
          std::string(is_text ? ", 'other.thing'::regclass" : "") + " FROM generate_series(1, 200) g");
  const Pooler pooler(Bed::server());
  std::vector<std::string> uris;
  for (int i = 0; i < 6; ++i) uris.push_back(pooler.uri(i % 2 == 0 ? "src" : "dst"));
  BusyClients others(uris, careless_sql);
  auto options = through(pooler, bed);
  const std::string wanted = bed.src(content("t"));
  for (int run = 0; run < 5; ++run) {
    options.stream.verify = run == 3;
    options.readers = run == 4 ? 2 : 1;
    run_job(options);
    CHECK(bed.dst(content("t")) == wanted);
  }
  others.stop();
  bed.both("DROP SCHEMA other CASCADE");
}

TEST_CASE("pooler: a session's own schema and settings hold in each transaction, statement and COPY",
          "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  bed.src(
      "CREATE SCHEMA IF NOT EXISTS \"Own \"\" one\"; CREATE TABLE \"Own \"\" one\".mine AS SELECT "
      "'-1 day -2:03:04'::interval AS i");
  const Pooler pooler(Bed::server(), {.pool_size = 1});
  PoolClient other(pooler.uri("src"));
  other.run(careless_sql);
  Connection session = Connection::open(ConnectionTarget::parse(pooler.uri("src")),
                                        {.application_name = application, .search_path = "\"Own \"\" one\""});
  CHECK(session.is_pooled());
  CHECK_FALSE(connect(Bed::server().uri("src")).is_pooled());
  other.run("SET session_replication_role = replica; SET ROLE pg_monitor");
  const std::string shown = "SELECT i FROM mine";
  CHECK(session.execute(shown).text(0, 0) == "-1 days -02:03:04");
  CHECK(session.execute("SELECT current_user || current_setting('session_replication_role')").text(0, 0) ==
        "leatorigin");
  CHECK(copied(session, "COPY (" + shown + ") TO STDOUT") == "-1 days -02:03:04");
  CHECK(session.is_idle());
  session.begin();
  CHECK(session.execute(shown).text(0, 0) == "-1 days -02:03:04");
  session.commit();
  CHECK_THROWS_AS(session.execute("SELECT 1 / 0"), Error);
  CHECK(session.is_idle());
  CHECK_THROWS_AS(session.begin("NO MODE"), Error);
  CHECK(session.is_idle());
  CHECK(other.run("SHOW IntervalStyle") == "sql_standard");
  CHECK(other.run("SHOW search_path") == "other");
  bed.src("DROP SCHEMA \"Own \"\" one\" CASCADE");
}

TEST_CASE("pooler: a job that failed goes on, and ends nobody's session", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  make_keyed_table(bed);
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> 3000)");
  constexpr int size = 4;
  const Pooler pooler(Bed::server(), {.pool_mode = GENERATE("transaction", "session"), .pool_size = size});
  auto options = through(pooler, bed);
  options.mode = WriteMode::append;
  options.readers = options.writers = 2;
  options.delivery = {.job = "j", .on_lost_snapshot = OnLostSnapshot::carry_on};
  check_error(error_of(options), ErrorKind::target, "23514");
  bed.dst("ALTER TABLE t DROP CONSTRAINT no");
  SECTION("through the pool") {
    run_job(options);
  }
  SECTION("beside it") {
    // Whoever has the sessions of the attempt before.
    WholePool others(pooler, "dst", size);
    options.source.target = bed.copy().source.target;
    options.target.target = bed.copy().target.target;
    run_job(options);
    CHECK(others.ask("SELECT 'well'") == std::set<std::string>{"well"});
  }
  CHECK(bed.dst(content("t")) == bed.src(content("t")));
}

TEST_CASE("pooler: a job belongs to its attempt as long as its lease, whatever became of server sessions",
          "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  const Pooler pooler(Bed::server());
  Connection pooled = connect(pooler.uri("dst"));
  Ledger(pooled).prepare();
  JobRequest request{.job = "j", .description = "{}", .hash = "h", .holder = "first", .lease = 60s};
  const JobLease lease = Ledger(pooled).acquire(request).lease;
  register_session(pooled, lease);
  // The pooler makes itself another session.
  bed.src(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'dst' AND application_name = "
      "'" +
      std::string(application) + "'");
  Connection direct = connect(Bed::server().uri("dst"));
  request.holder = "second";
  try {
    static_cast<void>(Ledger(direct).acquire(request));
    FAIL("the job was taken from an attempt that lives");
  } catch (const Error& error) {
    check_error(error, ErrorKind::target, "55006");
  }
  Ledger(direct).release(lease, "given back");
  CHECK(Ledger(direct).acquire(request).outcome == JobOutcome::resumed);
}

TEST_CASE("pooler: a stop ends the job's own statement and nobody else's", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  const Pooler pooler(Bed::server());
  Connection session = connect(pooler.uri("src"), ErrorKind::source);
  PoolClient other(pooler.uri("src"));
  // The only server session, which was the job's a moment ago.
  other.run("BEGIN");
  REQUIRE(other.run("SELECT pg_backend_pid()") == std::to_string(session.backend_pid()));
  other.send("SELECT pg_sleep(50)");
  {
    Running waiting([&](const std::stop_token& stop) {
      CHECK_THROWS_AS(session.execute("SELECT pg_sleep(40)", {}, stop), Stopped);
    });
    bed.wait_for(busy_with(40), "1");
    waiting.request_stop();
    waiting.wait(promised(3s));
  }
  bed.wait_for(busy_with(40), "0");
  CHECK(bed.src(busy_with(50)) == "1");
  bed.src("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(50)'");
}

TEST_CASE("pooler: the plan tells of one", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  make_keyed_table(bed);
  const Pooler pooler(Bed::server(), {.pool_size = 2});
  const auto count = [](const JobPlan& plan) {
    return std::count_if(plan.findings.begin(), plan.findings.end(),
                         [](const Finding& finding) { return finding.code == "pooler"; });
  };
  CHECK(count(CopyTable(through(pooler, bed)).plan()) == 2);
  CHECK(count(CopyTable(bed.copy()).plan()) == 0);
}

TEST_CASE("pooler: one by statement is refused before anything is changed", "[server]") {
  if (!has_pooler()) return;
  const Bed bed;
  make_keyed_table(bed);
  bed.dst("INSERT INTO t VALUES (7000, 'old')");
  const Pooler pooler(Bed::server(), {.pool_mode = "statement"});
  check_error(error_of(through(pooler, bed)), ErrorKind::config, "0A000");
  CHECK(bed.dst("SELECT count(*) FROM t") == "1");
}
