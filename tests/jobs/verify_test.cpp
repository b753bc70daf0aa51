// What a comparison finds, and how it tells.
#include "guest.hpp"
#include "verify_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// Rows 1 to n of public.t on both sides.
void make_equal_tables(const Bed& bed, int rows) {
  bed.both(
      "CREATE TABLE t (id int PRIMARY KEY, v text, w int); INSERT INTO t SELECT i, 'v' || i, i % 7 FROM "
      "generate_series(1, " +
      std::to_string(rows) + ") i");
}

std::unique_ptr<Running> start_verify(VerifyTableOptions options) {
  return std::make_unique<Running>([options = std::move(options)](std::stop_token stop) {
    static_cast<void>(VerifyTable(options).run(std::move(stop)));
  });
}

Error error_of_verify(VerifyTableOptions options) {
  return start_verify(std::move(options))->error();
}

}  // namespace

TEST_CASE("verify: one changed byte among 200,000 rows is found and its key named", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 200000);
  CHECK(VerifyTable(verify_options()).run().equal);
  bed.dst("UPDATE t SET v = 'v154320' WHERE id = 154321");
  const VerifyReport report = VerifyTable(verify_options()).run();
  CHECK_FALSE(report.equal);
  CHECK(report.source_rows == 200000);
  CHECK(report.target_rows == 200000);
  CHECK(report.key == std::vector<std::string>{"id"});
  CHECK(told(report) == "changed 154321: v 'v154321' -> 'v154320'");
  CHECK_FALSE(report.more);
  REQUIRE(report.ranges.size() == 1);
  const KeyRange& range = report.ranges.front();
  CHECK(std::stoi(range.from->front()) <= 154321);
  CHECK(std::stoi(range.before->front()) > 154321);
  CHECK(range.source_rows < 20000);
}

TEST_CASE("verify: rows that are missing, extra and changed are told apart", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 3000);
  CHECK(differences().empty());
  bed.dst(
      "DELETE FROM t WHERE id IN (7, 3000); INSERT INTO t VALUES (-1, 'new', 0), (3001, NULL, 0); UPDATE t "
      "SET v = '' WHERE id = 8; UPDATE t SET v = NULL, w = NULL WHERE id = 9");
  CHECK(
      differences() ==
      "extra -1; missing 7; changed 8: v 'v8' -> ''; changed 9: v 'v9' -> NULL, w '2' -> NULL; missing 3000; "
      "extra 3001");
}

TEST_CASE("verify: values that changed places between rows are noticed", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 100);
  bed.dst("UPDATE t SET v = CASE id WHEN 1 THEN 'v2' ELSE 'v1' END WHERE id IN (1, 2)");
  CHECK(differences() == "changed 1: v 'v1' -> 'v2'; changed 2: v 'v2' -> 'v1'");
  bed.dst("UPDATE t SET v = 'v' || 101 - id");
  CHECK_FALSE(VerifyTable(verify_options()).run().equal);
}

TEST_CASE("verify: of many differences a few of each kind are shown, and every range", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 200000);
  bed.dst("UPDATE t SET w = -1 WHERE id > 100000; DELETE FROM t WHERE id % 2 = 0 AND id > 100000");
  VerifyTableOptions options = verify_options();
  options.differences = 4;
  const VerifyReport report = VerifyTable(options).run();
  CHECK(report.differences.size() == 4);
  CHECK(report.more);
  REQUIRE(report.ranges.size() == 1);
  CHECK(std::stoi(report.ranges.front().from->front()) <= 100001);
  CHECK_FALSE(report.ranges.front().before);
  options.differences = 0;
  CHECK(VerifyTable(options).run().differences.empty());
}

TEST_CASE("verify: a side without rows", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 150000);
  bed.dst("TRUNCATE t");
  VerifyReport report = VerifyTable(verify_options()).run();
  CHECK(report.target_rows == 0);
  CHECK(report.differences.size() == 10);
  CHECK(report.more);
  REQUIRE(report.ranges.size() == 1);
  CHECK_FALSE(report.ranges.front().from);
  CHECK(report.ranges.front().source_rows == 150000);
  bed.src("TRUNCATE t");
  CHECK(VerifyTable(verify_options()).run().equal);
  bed.dst("INSERT INTO t VALUES (1, 'a', 1)");
  CHECK(differences() == "extra 1");
}

TEST_CASE("verify: a key of several columns, whatever they are called", "[server][verify]") {
  const Bed bed;
  bed.both(
      "CREATE SCHEMA \"Odd 'one'\"; CREATE TABLE \"Odd 'one'\".\"T \"\"x\"\"\" (\"SELECT\" int, \"a b\" "
      "text, "
      "\"ž\" uuid, \"V'\" text, PRIMARY KEY (\"a b\", \"SELECT\", \"ž\")); INSERT INTO \"Odd 'one'\".\"T "
      "\"\"x\"\"\" SELECT i % 10, 'it''s \\ ' || i / 100, md5(i::text)::uuid, 'v' FROM generate_series(1, "
      "20000) i");
  VerifyTableOptions options = verify_options();
  options.table.from = R"("Odd 'one'"."T ""x""")";
  CHECK(differences(options).empty());
  bed.dst("UPDATE \"Odd 'one'\".\"T \"\"x\"\"\" SET \"V'\" = 'w' WHERE \"ž\" = md5('12345')::uuid");
  const VerifyReport report = VerifyTable(options).run();
  CHECK(report.key == std::vector<std::string>{"a b", "SELECT", "ž"});
  CHECK(told(report) == "changed it's \\ 123 5 827ccb0e-ea8a-706c-4c34-a16891f84e7b: V' 'v' -> 'w'");
  REQUIRE(report.ranges.size() == 1);
  CHECK(report.ranges.front().source_rows < 20000);
  bed.both("DROP SCHEMA \"Odd 'one'\" CASCADE");
}

TEST_CASE("verify: without a key rows are shown as they are, and counted", "[server][verify]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE t (v text, w int); INSERT INTO t SELECT 'v' || i % 50, i % 50 FROM generate_series(1, "
      "5000) i");
  CHECK(differences().empty());
  bed.dst(
      "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE v = 'v7'); INSERT INTO t VALUES (NULL, 1)");
  const VerifyReport report = VerifyTable(verify_options()).run();
  CHECK(report.key.empty());
  CHECK(report.ranges.empty());
  REQUIRE(report.differences.size() == 2);
  for (const auto& difference : report.differences) {
    if (difference.kind == RowDifferenceKind::missing) {
      CHECK(difference.source_rows == 100);
      CHECK(difference.target_rows == 99);
      CHECK(difference.columns.front().source == "v7");
    } else {
      CHECK(difference.kind == RowDifferenceKind::extra);
      CHECK(difference.source_rows == 0);
      CHECK_FALSE(difference.columns.front().target);
      CHECK(difference.columns.back().target == "1");
    }
  }
  bed.both("TRUNCATE t; INSERT INTO t SELECT 'same', 1 FROM generate_series(1, 150000)");
  bed.dst("INSERT INTO t VALUES ('same', 1)");
  const VerifyReport same = VerifyTable(verify_options()).run();
  REQUIRE(same.differences.size() == 1);
  CHECK(same.differences.front().target_rows == 150001);
}

TEST_CASE("verify: a key of one's own may have NULLs and be there several times", "[server][verify]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE t (k int, v text); INSERT INTO t SELECT nullif(i % 2000, 5), 'v' || i FROM "
      "generate_series(1, 10000) i");
  VerifyTableOptions options = verify_options();
  options.key = {"k"};
  CHECK(differences(options).empty());
  bed.dst("UPDATE t SET v = 'x' WHERE v = 'v5'; DELETE FROM t WHERE v = 'v4321'");
  CHECK(differences(options) == "missing 321; changed NULL: v 'v5' -> 'x'");
  options.key = {"nothing"};
  CHECK(error_of_verify(options).kind() == ErrorKind::config);
  CHECK(std::string(error_of_verify(options).what()).find("nothing") != std::string::npos);
  options.key = {"k", "v", "k"};
  CHECK(std::string(error_of_verify(options).what()) == "the key names the column k twice");
}

TEST_CASE("verify: one key that very many rows have is told as a range", "[server][verify]") {
  const Bed bed;
  bed.both("CREATE TABLE t (k int, v int); INSERT INTO t SELECT 1, i FROM generate_series(1, 120000) i");
  bed.dst("UPDATE t SET v = -1 WHERE v = 5");
  VerifyTableOptions options = verify_options();
  options.key = {"k"};
  const VerifyReport report = VerifyTable(options).run();
  CHECK_FALSE(report.equal);
  CHECK(report.ranges.size() == 1);
  CHECK(report.more);
  CHECK(report.remarks.size() == 1);
}

TEST_CASE("verify: columns that are chosen, renamed and made, and conditions", "[server][verify]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, name text, cents int, junk text); INSERT INTO t SELECT i, 'n' || "
      "i, "
      "i * 100, 'j' FROM generate_series(1, 100) i");
  bed.dst("CREATE TABLE t2 (id int PRIMARY KEY, label text, euro int, since date DEFAULT now())");
  CopyTableOptions copy = bed.copy();
  copy.table.to = "t2";
  copy.table.exclude = {"junk", "cents"};
  copy.table.rename = {{"name", "label"}};
  copy.table.map = {{"euro", "cents / 100 -- in euro"}};
  copy.table.where = "id <= 50 -- not all";
  static_cast<void>(CopyTable(copy).run());
  bed.dst("INSERT INTO t2 VALUES (1000, 'of the target', 0)");
  VerifyTableOptions options = verify_options();
  options.table = copy.table;
  CHECK(differences(options) == "extra 1000");
  options.target_where = "id < 1000 -- those";
  const VerifyReport report = VerifyTable(options).run();
  CHECK(report.equal);
  CHECK(report.source_rows == 50);
  CHECK(report.remarks == std::vector<std::string>{"not compared: \"since\" of the target"});
  bed.dst("UPDATE t2 SET euro = 0 WHERE id = 3");
  CHECK(differences(options) == "changed 3: euro '3' -> '0'");
}

TEST_CASE("verify: views, partitioned tables, generated columns and inheritance", "[server][verify]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE t (id int, v text, l int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (id); "
      "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (2000); CREATE TABLE t2 PARTITION OF t DEFAULT; "
      "INSERT INTO t SELECT i, 'v' FROM generate_series(1, 5000) i; CREATE VIEW w AS SELECT id, v, l FROM t");
  bed.dst(
      "CREATE TABLE t (id int PRIMARY KEY, v text, l int GENERATED ALWAYS AS (id * 2) STORED); CREATE TABLE "
      "child () INHERITS (t); INSERT INTO child VALUES (1, 'not of t'); CREATE VIEW w AS TABLE t");
  static_cast<void>(CopyTable(bed.copy()).run());
  VerifyTableOptions options = verify_options();
  options.table.inheritance = Inheritance::only;
  CHECK(differences(options).empty());
  CHECK(VerifyTable(options).run().remarks ==
        std::vector<std::string>{
            "not compared: \"l\" of the target",
            "not compared: \"l\" of the source, which generates it; .columns would name it"});
  options.table.exclude = {"l"};
  CHECK(VerifyTable(options).run().remarks == std::vector<std::string>{"not compared: \"l\" of the target"});
  options.table.exclude = {};
  options.table.columns = {"id", "v", "l"};
  CHECK(differences(options).empty());
  CHECK(VerifyTable(options).run().remarks.empty());
  options.table.from = "w";
  options.table.to = "t";
  CHECK(differences(options).empty());
  bed.src("INSERT INTO t VALUES (-4, 'w')");
  CHECK(differences(options) == "missing -4");
  options.table.from = "t";
  options.table.to = "w";
  options.key = {"id"};
  CHECK(differences(options) == "missing -4; extra 1");
}

TEST_CASE("verify: tables of very many columns, and of none", "[server][verify]") {
  const Bed bed;
  bed.both(
      "DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE t (' || string_agg('c' || i || ' float8', ', ') || ')' FROM "
      "generate_series(1, 1600) i); EXECUTE (SELECT 'INSERT INTO t (c1, c900, c1600) VALUES (1, 2, 3)'); END "
      "$$");
  CHECK(differences().empty());
  bed.dst("UPDATE t SET c1600 = 4");
  VerifyTableOptions options = verify_options();
  options.key = {"c1"};
  CHECK(differences(options) == "changed 1: c1600 '3' -> '4'");
  bed.both("DROP TABLE t; CREATE TABLE t (); INSERT INTO t DEFAULT VALUES");
  CHECK(VerifyTable(verify_options()).run().equal);
  bed.dst("INSERT INTO t DEFAULT VALUES");
  const VerifyReport report = VerifyTable(verify_options()).run();
  CHECK_FALSE(report.equal);
  CHECK(report.target_rows == 2);
}

TEST_CASE("verify: both sides are read in snapshots, and nothing waits for writers", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 1000);
  bed.both(
      "CREATE FUNCTION slow(id int) RETURNS int LANGUAGE plpgsql AS 'BEGIN IF id = 1 THEN PERFORM "
      "pg_advisory_xact_lock(1); END IF; RETURN id; END'");
  // Holds the source's scan up until rows of both sides have changed.
  VerifyTableOptions options = verify_options();
  options.table.where = "slow(id) = id";
  auto gate = bed.copy();
  bed.src("CREATE TABLE gate (a int)");
  ConnectionFactory connections;
  Connection holder = connections.connect(Bed::server().uri("src"), {});
  static_cast<void>(holder.execute("SELECT pg_advisory_lock(1)"));
  VerifyReport report;
  Running running([&](std::stop_token stop) { report = VerifyTable(options).run(std::move(stop)); });
  bed.wait_until_session_waits("src", "advisory");
  bed.src("UPDATE t SET v = 'later'; TRUNCATE gate");
  holder.abort();
  running.wait();
  CHECK(report.equal);
  CHECK_FALSE(VerifyTable(verify_options()).run().equal);
}

TEST_CASE("verify: a stop ends both sides at once", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  VerifyTableOptions options = verify_options();
  options.table.where = "(SELECT true FROM pg_sleep(1000))";
  options.target_where = "(SELECT true FROM pg_sleep(1000))";
  const auto running = start_verify(options);
  bed.wait_until_session_waits("src", "PgSleep");
  bed.wait_until_session_waits("dst", "PgSleep");
  running->request_stop();
  CHECK(running->error().kind() == ErrorKind::cancelled);
}

TEST_CASE("verify: what fails on one side ends the other, with its own error", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  VerifyTableOptions options = verify_options();
  options.table.where = "(SELECT true FROM pg_sleep(1000))";
  options.target_where = "1 / (id - 5) IS NOT NULL";
  check_error(error_of_verify(options), ErrorKind::target, "22012");
}

TEST_CASE("verify: what cannot be compared is told before", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  VerifyTableOptions options = verify_options();
  options.table.to = "nothing";
  check_error(error_of_verify(options), ErrorKind::target, "42P01");
  options = verify_options();
  options.target_where = "no such thing";
  CHECK(error_of_verify(options).kind() == ErrorKind::target);
  options.target_where = "true) OR (true";
  CHECK(error_of_verify(options).kind() == ErrorKind::target);
  bed.dst("ALTER TABLE t ALTER w TYPE smallint");
  check_error(error_of_verify(verify_options()), ErrorKind::target, "42804");
  bed.dst("ALTER TABLE t DROP w");
  check_error(error_of_verify(verify_options()), ErrorKind::target, "42703");
}

TEST_CASE("verify: SQL that the server refuses is told by its option", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  const auto message = [](const Error& error) { return std::string(error.what()); };
  VerifyTableOptions options = verify_options();
  options.table.where = "id =";
  Error error = error_of_verify(options);
  check_error(error, ErrorKind::source, "42601");
  CHECK(message(error).starts_with(".where is not a condition: syntax error"));
  CHECK(error.sql() == "id =");
  CHECK(error.position() == 5);
  CHECK(message(error) == ".where is not a condition: syntax error at end of input");
  options.table.where = "";
  options.target_where = "zz > 1";
  error = error_of_verify(options);
  check_error(error, ErrorKind::target, "42703");
  CHECK(message(error) == ".target_where is not a condition: column \"zz\" does not exist");
  options.target_where = "";
  options.table.map = {{"v", "upper(v)"}, {"w", "upper("}};
  error = error_of_verify(options);
  check_error(error, ErrorKind::source, "42601");
  CHECK(message(error).starts_with("the SQL of map for the column w is refused: syntax error"));
  CHECK(error.sql() == "upper(");
  CHECK(error.position() == 7);
  options.table.map = {{"w", "1), (2"}};
  error = error_of_verify(options);
  check_error(error, ErrorKind::config, "");
  CHECK(message(error) == "the SQL of map for the column w must give one value");
}

TEST_CASE("verify: a role that may read is enough, and one that may not is told", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  const Guest guest(bed);
  VerifyTableOptions options = verify_options();
  options.source = Guest::connection("src");
  options.target = Guest::connection("dst");
  bed.src("GRANT SELECT ON t TO guest");
  check_error(error_of_verify(options), ErrorKind::target, "42501");
  bed.dst("GRANT SELECT (id, v) ON t TO guest");
  check_error(error_of_verify(options), ErrorKind::target, "42501");
  options.table.columns = {"id", "v"};
  CHECK(differences(options).empty());
  bed.dst("GRANT SELECT ON t TO guest; ALTER TABLE t ENABLE ROW LEVEL SECURITY");
  check_error(error_of_verify(options), ErrorKind::target, "42501");
}

TEST_CASE("verify: the report as JSON", "[server][verify]") {
  const Bed bed;
  make_equal_tables(bed, 10);
  bed.dst("UPDATE t SET v = repeat('ž', 100) WHERE id = 3");
  const std::string json = to_json(VerifyTable(verify_options()).run());
  CHECK(json.starts_with("{\"status\":\"different\","));
  std::string cut;
  for (int i = 0; i < 60; ++i) cut += "ž";
  CHECK(
      json.find(
          "\"differences\":[{\"kind\":\"changed\",\"key\":[\"3\"],\"columns\":[{\"column\":\"v\",\"source\":"
          "\"v3\",\"target\":\"" +
          cut + "…\"}],\"source_rows\":1,\"target_rows\":1}]") != std::string::npos);
}
