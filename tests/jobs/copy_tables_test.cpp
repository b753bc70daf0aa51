// Many tables: which, in what order, from one snapshot, and what becomes of each.
#include <algorithm>
#include <future>

#include "bed.hpp"
#include "guest.hpp"
#include "leat/jobs/copy_tables.hpp"
#include "leat/jobs/job_registry.hpp"
#include "many_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::vector<std::string> names(const CopyTablesReport& report) {
  std::vector<std::string> all;
  for (const auto& table : report.tables) all.push_back(table.table);
  return all;
}

std::vector<std::string> chosen(const Bed&, std::vector<std::string> include,
                                std::vector<std::string> exclude = {}) {
  std::vector<std::string> all;
  for (const auto& plan : CopyTables(copy_of(std::move(include), std::move(exclude))).plan()) {
    all.push_back(plan.source.substr(plan.source.rfind(": ") + 2));
  }
  std::sort(all.begin(), all.end());
  return all;
}

void run_all(const CopyTablesOptions& options) {
  const CopyTablesReport report = CopyTables(options).run();
  for (const auto& table : report.tables) {
    INFO(table.table);
    if (table.error) FAIL_CHECK(table.error->what());
  }
  CHECK(report.status == JobStatus::done);
}

}  // namespace

TEST_CASE("copy tables: patterns choose tables and leaves", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE SCHEMA IF NOT EXISTS sales; DROP TABLE IF EXISTS sales.a, sales.\"B b\"; CREATE TABLE sales.a "
      "(id int); "
      "CREATE TABLE sales.\"B b\" (id int); CREATE TABLE orders (id int); CREATE TABLE orders_old (id int); "
      "CREATE VIEW v AS SELECT 1 AS id; CREATE TABLE parts (id int) PARTITION BY RANGE (id); "
      "CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id); "
      "CREATE TABLE parts_low_1 PARTITION OF parts_low DEFAULT; "
      "CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10) TO (20)");
  using Names = std::vector<std::string>;
  CHECK(chosen(bed, {"sales.*"}) == Names{"sales.\"B b\"", "sales.a"});
  CHECK(chosen(bed, {"sales.\"B b\""}) == Names{"sales.\"B b\""});
  CHECK(chosen(bed, {"*.a", "ORDERS"}) == Names{"public.orders", "sales.a"});
  CHECK(chosen(bed, {"orders*"}, {"*_old"}) == Names{"public.orders"});
  CHECK(chosen(bed, {"orders", "ord*"}) == Names{"public.orders", "public.orders_old"});
  CHECK(chosen(bed, {"order?"}) == Names{"public.orders"});
  CHECK(chosen(bed, {"parts*"}) == Names{"public.parts_high", "public.parts_low_1"});
  CHECK(chosen(bed, {"parts", "parts_*"}) == Names{"public.parts"});
  CHECK(chosen(bed, {"parts_low", "parts*"}) == Names{"public.parts_high", "public.parts_low"});
  CHECK_THROWS_AS(chosen(bed, {"v*"}), Error);
  CHECK_THROWS_AS(chosen(bed, {"nothing.*"}), Error);
  CHECK_THROWS_AS(CopyTables(copy_of({})), Error);
  CHECK_THROWS_AS(CopyTables(copy_of({"a.b.c"})), Error);
  CHECK_THROWS_AS(CopyTables(copy_of({"\"open"})), Error);
  auto options = copy_of({"orders"});
  options.jobs = 0;
  CHECK_THROWS_AS(CopyTables(options), Error);
  bed.both("DROP SCHEMA sales CASCADE");
}

TEST_CASE("copy tables: the jobs that both sides know stay where they are", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int)");
  bed.src("INSERT INTO t VALUES (1)");
  auto there = bed.copy();
  there.delivery.job = "known in the target";
  static_cast<void>(CopyTable(there).run());
  auto back = there;
  std::swap(back.source, back.target);
  back.delivery.job = "known in the source";
  static_cast<void>(CopyTable(back).run());
  bed.src("INSERT INTO t VALUES (2)");
  const CopyTablesReport report = CopyTables(copy_of({"*.*"})).run();
  CHECK(names(report) == std::vector<std::string>{"public.t"});
  CHECK(report.status == JobStatus::done);
  CHECK(bed.dst("SELECT count(*) FROM t") == "2");
  CHECK(bed.dst("SELECT string_agg(name, ',') FROM leat_meta.jobs") == "known in the target");
  CHECK(JobRegistry({.target = there.target}).show("known in the target").name == "known in the target");
}

TEST_CASE("copy tables: content is equal, for any number of jobs", "[server]") {
  const Bed bed;
  const std::string make =
      "DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, v text)', i); "
      "END LOOP; END $$";
  bed.both(make);
  bed.src(
      "DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('INSERT INTO t%s SELECT g, repeat(''x'', g %% 50) FROM "
      "generate_series(1, %s) g', i, i * 100); END LOOP; END $$");
  bed.dst("INSERT INTO t1 VALUES (-1, 'old')");
  auto options = copy_of({"t*"});
  options.jobs = GENERATE(1U, 2U, 8U);
  const CopyTablesReport report = CopyTables(options).run();
  CHECK(report.status == JobStatus::done);
  CHECK(report.tables.size() == 30);
  CHECK(report.rows_written == 46500);
  CHECK_FALSE(report.first_error());
  for (int i = 1; i <= 30; ++i) {
    const std::string table = "t" + std::to_string(i);
    CHECK(bed.dst(content(table)) == bed.src(content(table)));
  }
}

TEST_CASE("copy tables: tables that foreign keys join are replaced in their order, as a whole", "[server]") {
  const Bed bed;
  // By name and by size the children come first.
  bed.both(
      "CREATE TABLE c_parent (id int PRIMARY KEY, up int REFERENCES c_parent); "
      "CREATE TABLE b_child (id int PRIMARY KEY, parent int NOT NULL REFERENCES c_parent ON DELETE CASCADE); "
      "CREATE TABLE a_grandchild (id int, child int REFERENCES b_child, parent int REFERENCES c_parent)");
  bed.src(
      "INSERT INTO c_parent SELECT i, nullif(i - 1, 0) FROM generate_series(1, 10) i; "
      "INSERT INTO b_child SELECT i, 1 + i % 10 FROM generate_series(1, 100) i; "
      "INSERT INTO a_grandchild SELECT i, 1 + i % 100, 1 + i % 10 FROM generate_series(1, 10000) i");
  bed.dst(
      "INSERT INTO c_parent VALUES (77, NULL); INSERT INTO b_child VALUES (7, 77); "
      "INSERT INTO a_grandchild VALUES (1, 7, 77)");
  const auto options = copy_of({"*"});
  const auto check_equal = [&] {
    for (const char* table : {"a_grandchild", "b_child", "c_parent"}) {
      CHECK(bed.dst(content(table)) == bed.src(content(table)));
    }
  };
  SECTION("by TRUNCATE") {
    run_all(options);
    check_equal();
  }
  SECTION("twice") {
    run_all(options);
    run_all(options);
    check_equal();
  }
  SECTION("by DELETE, where a table that stays references one of them") {
    bed.dst("CREATE TABLE other (id int REFERENCES b_child)");
    run_all(copy_of({"*_*"}));
    check_equal();
  }
  SECTION("not at all, where one of them fails") {
    bed.dst("ALTER TABLE a_grandchild ADD CHECK (id <> 9000)");
    bed.both("CREATE TABLE alone (id int)");
    bed.src("INSERT INTO alone VALUES (1)");
    const CopyTablesReport report = CopyTables(options).run();
    CHECK(report.status == JobStatus::failed);
    CHECK(report.failed() == 3);
    REQUIRE(names(report) == std::vector<std::string>{"public.a_grandchild", "public.alone", "public.b_child",
                                                      "public.c_parent"});
    REQUIRE(report.tables[0].error);
    check_error(*report.tables[0].error, ErrorKind::target, "23514");
    REQUIRE(report.tables[2].error);
    CHECK(std::string(report.tables[2].error->what()).find("a_grandchild") != std::string::npos);
    CHECK_FALSE(report.tables[1].error);
    CHECK(bed.dst("SELECT count(*) FROM alone") == "1");
    CHECK(bed.dst(
              "SELECT (SELECT count(*) FROM c_parent), (SELECT count(*) FROM b_child), (SELECT count(*) FROM "
              "a_grandchild)") == "1|1|1");
  }
  SECTION("appended") {
    bed.dst("DELETE FROM a_grandchild; DELETE FROM b_child; DELETE FROM c_parent");
    auto appending = options;
    appending.mode = WriteMode::append;
    run_all(appending);
    check_equal();
  }
}

TEST_CASE("copy tables: keys in a circle", "[server]") {
  const Bed bed;
  const std::string deferrable = GENERATE("", " DEFERRABLE");
  bed.both(
      "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); "
      "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b" +
      deferrable);
  bed.src("INSERT INTO a VALUES (1, NULL); INSERT INTO b VALUES (1, 1); UPDATE a SET b = 1");
  auto options = copy_of({"a", "b"});
  if (deferrable.empty()) {
    const CopyTablesReport report = CopyTables(options).run();
    REQUIRE(report.failed() == 2);
    check_error(*report.first_error(), ErrorKind::target, "23503");
    const auto findings = CopyTables(options).plan().front().findings;
    CHECK(std::any_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.code == "foreign_key_cycle"; }));
    options.stream.triggers = Triggers::disable;
  }
  run_all(options);
  CHECK(bed.dst("SELECT a.id, a.b, b.id, b.a FROM a, b") == "1|1|1|1");
}

TEST_CASE("copy tables: keys of partitioned tables are those of their partitions", "[server]") {
  const Bed bed;
  // By name and by size the children come first.
  bed.both(
      "CREATE TABLE z (id int PRIMARY KEY) PARTITION BY RANGE (id); "
      "CREATE TABLE z_low PARTITION OF z FOR VALUES FROM (0) TO (100); "
      "CREATE TABLE z_high PARTITION OF z DEFAULT; "
      "CREATE TABLE a (z int REFERENCES z) PARTITION BY LIST (z); CREATE TABLE a_1 PARTITION OF a DEFAULT; "
      "CREATE TABLE b (z int REFERENCES z_high)");
  bed.src(
      "INSERT INTO z SELECT generate_series(1, 200); INSERT INTO a SELECT 1 + g % 200 FROM "
      "generate_series(1, "
      "5000) g; INSERT INTO b SELECT 150 FROM generate_series(1, 100)");
  bed.dst("INSERT INTO z VALUES (1), (199); INSERT INTO a VALUES (1); INSERT INTO b VALUES (199)");
  SECTION("by their leaves") {
    run_all(copy_of({"*"}));
  }
  SECTION("by their roots") {
    run_all(copy_of({"a", "b", "z"}));
  }
  SECTION("mixed") {
    run_all(copy_of({"a", "b", "z_*"}));
  }
  for (const char* table : {"z", "a", "b"}) CHECK(bed.dst(content(table)) == bed.src(content(table)));
}

TEST_CASE("copy tables: a foreign partition that patterns leave out is told", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE p (id int) PARTITION BY RANGE (id); CREATE TABLE p_1 PARTITION OF p DEFAULT");
  bed.src(
      "CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; "
      "CREATE FOREIGN TABLE p_2 PARTITION OF p FOR VALUES FROM (1) TO (2) SERVER files OPTIONS (filename "
      "'/dev/null')");
  const auto findings = CopyTables(copy_of({"*"})).plan().front().findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().code == "foreign_partition");
  const CopyTablesReport report = CopyTables(copy_of({"*"})).run();
  REQUIRE(report.remarks.size() == 1);
  CHECK(report.remarks.front().find("public.p_2") != std::string::npos);
  CHECK(to_json(report).find("public.p_2") != std::string::npos);
  bed.src("DROP SERVER files CASCADE");
}

TEST_CASE("copy tables: a partitioned table that references itself", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE p (id int PRIMARY KEY, up int REFERENCES p) PARTITION BY RANGE (id); "
      "CREATE TABLE p_1 PARTITION OF p FOR VALUES FROM (0) TO (10); CREATE TABLE p_2 PARTITION OF p DEFAULT");
  bed.src("INSERT INTO p VALUES (1, 20), (20, 1), (2, 1), (30, 20)");
  SECTION("is copied as one") {
    run_all(copy_of({"p"}));
  }
  SECTION("in its parts only without triggers") {
    auto options = copy_of({"*"});
    const CopyTablesReport report = CopyTables(options).run();
    CHECK(report.failed() == 2);
    check_error(*report.first_error(), ErrorKind::target, "23503");
    CHECK(std::string(report.first_error()->hint()).find("name the partitioned table") != std::string::npos);
    options.stream.triggers = Triggers::disable;
    run_all(options);
  }
  CHECK(bed.dst(content("p")) == bed.src(content("p")));
}

TEST_CASE("copy tables: one snapshot for all", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int)");
  bed.src("INSERT INTO a SELECT generate_series(1, 1000); INSERT INTO b VALUES (1)");
  auto options = copy_of({"a", "b"});
  bool changed = false;
  options.stream.log = Logger(LogLevel::info, [&](LogLevel, std::string_view message) {
    if (!message.starts_with("reading ") || std::exchange(changed, true)) return;
    bed.src("INSERT INTO a VALUES (0); INSERT INTO b VALUES (0)");
  });
  options.jobs = 1;
  run_all(options);
  CHECK(changed);
  CHECK(bed.dst("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b)") == "1000|1");
}

TEST_CASE("copy tables: one table's failure does not hide the others'", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE a (id int); CREATE TABLE b (id int, extra int); CREATE TABLE c (id int); CREATE TABLE d "
      "(id int); "
      "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1); INSERT INTO c VALUES (1); INSERT INTO d VALUES "
      "(1)");
  bed.dst("CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE d (id int CHECK (id > 5))");
  const CopyTablesReport report = CopyTables(copy_of({"*"})).run();
  CHECK(report.status == JobStatus::failed);
  CHECK(report.rows_written == 1);
  REQUIRE(report.tables.size() == 4);
  CHECK_FALSE(report.tables[0].error);
  check_error(report.tables[1].error.value(), ErrorKind::target, "42703");
  check_error(report.tables[2].error.value(), ErrorKind::target, "42P01");
  check_error(report.tables[3].error.value(), ErrorKind::target, "23514");
  CHECK(bed.dst("SELECT count(*) FROM a") == "1");
}

TEST_CASE("copy tables: a stop ends it soon, and tells what was copied", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int)");
  bed.src("INSERT INTO a SELECT generate_series(1, 1000); INSERT INTO b VALUES (1)");
  bed.dst(
      "INSERT INTO a VALUES (-1); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM "
      "pg_sleep(600); RETURN NEW; "
      "END'; CREATE TRIGGER slow BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()");
  auto options = copy_of({"*"});
  options.jobs = 2;
  CopyTablesReport report;
  Running job([&](std::stop_token stop) { report = CopyTables(options).run(std::move(stop)); });
  bed.wait_until_session_waits("dst", "PgSleep");
  job.request_stop();
  job.wait(promised(3s));
  CHECK(report.status == JobStatus::cancelled);
  REQUIRE(report.tables.size() == 2);
  check_error(report.tables[0].error.value(), ErrorKind::cancelled, "");
  CHECK(bed.dst("SELECT string_agg(id::text, ',') FROM a") == "-1");
}

TEST_CASE("copy tables: progress tells the total and what runs", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int); CREATE TABLE b (id int)");
  bed.src("INSERT INTO a SELECT generate_series(1, 1000); INSERT INTO b VALUES (1)");
  auto options = copy_of({"*"});
  TablesProgress last;
  options.on_tables_progress = [&last](const TablesProgress& progress) { last = progress; };
  run_all(options);
  CHECK(last.tables == 2);
  CHECK(last.tables_ended == 2);
  CHECK(last.total.rows == 1001);
  CHECK(last.running.empty());
}

TEST_CASE("copy tables: a child that is locked for a moment stays with its parent", "[server]") {
  const Bed bed;
  const std::string locked = GENERATE("a", "b");
  bed.both("CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (b int REFERENCES b)");
  bed.src("INSERT INTO b VALUES (1), (2); INSERT INTO a VALUES (2)");
  bed.dst("INSERT INTO b VALUES (1); INSERT INTO a VALUES (1)");
  Connection other = Connection::open(ConnectionTarget::parse(Bed::server().uri("dst")), {});
  other.begin();
  static_cast<void>(other.execute("LOCK TABLE " + locked + " IN ACCESS EXCLUSIVE MODE"));
  Running job([](std::stop_token) { run_all(copy_of({"*"})); });
  bed.wait_until_session_waits("dst", "relation");
  other.commit();
  job.wait();
  CHECK(bed.dst("SELECT (SELECT count(*) FROM b), (SELECT b FROM a)") == "2|2");
}

TEST_CASE("copy tables: a partitioned child whose rows would go along is replaced any number of times",
          "[server]") {
  const Bed bed;
  const std::string action = GENERATE("CASCADE", "SET NULL", "NO ACTION");
  bed.both(
      "CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE items (o int REFERENCES orders ON DELETE " +
      action +
      ") PARTITION BY HASH (o); CREATE TABLE items_1 PARTITION OF items FOR VALUES WITH (MODULUS 1, "
      "REMAINDER 0)");
  bed.src("INSERT INTO orders VALUES (1); INSERT INTO items VALUES (1)");
  for (int i = 0; i < 2; ++i) {
    run_all(copy_of({"*"}));
    CHECK(bed.dst("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM items WHERE o = 1)") == "1|1");
  }
}

TEST_CASE("copy tables: fewer sessions than jobs", "[server]") {
  const Bed bed;
  bed.both(
      "DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$");
  bed.src(
      "DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('INSERT INTO t%s VALUES (%s)', i, i); END LOOP; END "
      "$$");
  const Guest guest(bed);
  const std::string side = GENERATE("src", "dst");
  bed.both("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest");
  bed.src("ALTER ROLE guest CONNECTION LIMIT 2");
  auto options = copy_of({"*"});
  (side == "src" ? options.source : options.target) = Guest::connection(side);
  options.jobs = 6;
  std::vector<std::string> codes;
  for (const auto& plan : CopyTables(options).plan()) {
    for (const auto& finding : plan.findings) codes.push_back(finding.code);
  }
  CHECK(codes == std::vector<std::string>{"connection_slots"});
  // A server counts a session until its process has gone.
  bed.wait_for("SELECT count(*) FROM pg_stat_activity WHERE usename = 'guest'", "0");
  run_all(options);
  CHECK(bed.dst("SELECT (SELECT id FROM t20), (SELECT id FROM t1)") == "20|1");
}

TEST_CASE("copy tables: a server without a session for any table ends the run", "[server]") {
  const Bed bed;
  bed.src("DO $$ BEGIN FOR i IN 1..20 LOOP EXECUTE format('CREATE TABLE t%s (id int)', i); END LOOP; END $$");
  const Guest guest(bed);
  bed.src("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest; ALTER ROLE guest CONNECTION LIMIT 1");
  auto options = copy_of({"*"});
  options.source = Guest::connection("src");
  options.stream.create = CreateTarget::columns;
  options.jobs = 4;
  std::stop_source stop;
  auto run = std::async(std::launch::async, [&] { return CopyTables(options).run(stop.get_token()); });
  const bool ends = run.wait_for(patience) == std::future_status::ready;
  CHECK(ends);
  stop.request_stop();
  const CopyTablesReport report = run.get();
  REQUIRE(report.failed() == 20);
  for (const auto& table : report.tables) CHECK(table.error->sqlstate() == "53300");
}

TEST_CASE("copy tables: names of objects are qualified for their own table alone", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (r regclass); CREATE TABLE v (id int)");
  bed.src(
      "INSERT INTO a VALUES ('a'); DROP TABLE v; CREATE FUNCTION helper() RETURNS int LANGUAGE sql AS "
      "'SELECT 7'; "
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN helper(); END'; CREATE VIEW v AS "
      "SELECT "
      "f() AS id");
  auto options = copy_of({"a", "v"});
  options.jobs = 1;
  run_all(options);
  run_all(options);
  CHECK(bed.dst("SELECT (SELECT r FROM a), (SELECT id FROM v)") == "a|7");
}

TEST_CASE("copy tables: every table of a group is told what stands against it", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int REFERENCES p); CREATE TABLE r (id int "
      "REFERENCES p)");
  bed.src("ALTER TABLE p ADD x int; ALTER TABLE q ADD y int");
  const CopyTablesReport report = CopyTables(copy_of({"*"})).run();
  REQUIRE(report.failed() == 3);
  CHECK(std::string(report.tables[0].error->what()).find("\"x\"") != std::string::npos);
  CHECK(std::string(report.tables[1].error->what()).find("\"y\"") != std::string::npos);
  CHECK(std::string(report.tables[2].error->what()).find("joined") != std::string::npos);
  CHECK(std::string(report.tables[0].error->hint()).find("(.exclude_columns)") != std::string::npos);
}

TEST_CASE("copy tables: a plan tells of the others, too, where one table cannot be planned", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE a (id int); CREATE TABLE g (a int GENERATED ALWAYS AS (1) STORED); CREATE TABLE z (id "
      "int)");
  bed.dst("ALTER TABLE g ADD b int");
  const auto plans = CopyTables(copy_of({"*"})).plan();
  REQUIRE(plans.size() == 3);
  std::size_t refused = 0;
  for (const auto& plan : plans) {
    for (const auto& finding : plan.findings) {
      CHECK(finding.code == "no_columns");
      CHECK(plan.source.find("public.g") != std::string::npos);
      ++refused;
    }
  }
  CHECK(refused == 1);
}

TEST_CASE("copy tables: a COMMIT that is ended on the server is an error of every table of the group",
          "[server]") {
  const Bed bed;
  const bool joined = GENERATE(true, false);
  bed.both("CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE q (id int" +
           std::string(joined ? " REFERENCES p" : "") + ")");
  bed.src("INSERT INTO p VALUES (1); INSERT INTO q VALUES (1)");
  bed.dst(
      "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NULL; "
      "END'; "
      "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON q DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
      "FUNCTION "
      "wait()");
  CopyTablesReport report;
  Running job([&](std::stop_token stop) {
    auto options = copy_of({"*"});
    options.jobs = 1;
    report = CopyTables(options).run(std::move(stop));
  });
  bed.wait_until_session_waits("dst", "PgSleep");
  bed.kill_session("dst");
  job.wait();
  REQUIRE(report.tables.size() == 2);
  REQUIRE(report.tables[1].error);
  CHECK(report.tables[0].error.has_value() == joined);
  for (const auto& table : report.tables) {
    if (!table.error) continue;
    check_error(*table.error, ErrorKind::target, "57P01");
    CHECK_FALSE(table.error->in_doubt());
    CHECK(std::string(table.error->what()).find("nothing was committed") != std::string::npos);
  }
  CHECK(bed.dst("SELECT count(*) FROM q") == "0");
}
