// Row hooks, progress, notices, and what a job refuses.
#include "promises/world.hpp"

using namespace leat;
using namespace leat::test;
using namespace std::chrono_literals;

namespace {

void make_tables(World& world) {
  world.on_both("CREATE TABLE t (id int, qty int, v text)");
  world.on_source("INSERT INTO t SELECT i, i % 10, 'v' || i FROM generate_series(1, 10000) i");
}

struct MyOwn : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

TEST_CASE("transform: rows are read as types, dropped and rewritten", "[server]") {
  World world;
  make_tables(world);
  auto options = copy_of_t(world);
  SECTION("by name") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      const auto qty = row.get<std::int32_t>("qty");
      if (qty > 0) out.copy_row(row).set("qty", qty * 2).set("v", "new");
    };
  }
  SECTION("by fields that are resolved once") {
    options.transform = [](const Schema& columns) {
      return [qty = columns.field<std::int32_t>("qty"), v = columns.field<std::string_view>("v")](
                 const RowView& row, RowBuilder& out) {
        if (row.get(qty) > 0) out.copy_row(row).set(qty, row.get(qty) * 2).set(v, "new");
      };
    };
  }
  const auto report = CopyTable(options).run();
  CHECK(report.rows_read == 10000);
  CHECK(report.rows_dropped == 1000);
  CHECK(report.rows_written == 9000);
  CHECK(world.on_target("SELECT count(*), sum(qty), min(v), max(v) FROM t") == "9000|90000|new|new\n");
}

TEST_CASE("transform: what a hook throws is what run() throws, and nothing is committed", "[server]") {
  World world;
  make_tables(world);
  world.on_target("INSERT INTO t VALUES (-1)");
  auto options = copy_of_t(world);
  SECTION("its own exception") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") == 9999) throw MyOwn("enough");
      out.copy_row(row);
    };
    CHECK_THROWS_AS(CopyTable(options).run(), MyOwn);
  }
  SECTION("a type that does not fit") {
    options.transform = [](const RowView& row, RowBuilder&) {
      static_cast<void>(row.get<std::string>("qty"));
    };
    const auto error = error_of([&] { CopyTable(options).run(); });
    CHECK(error.kind() == ErrorKind::transform);
    CHECK_THAT(error.what(), contains("qty") && contains("integer"));
  }
  SECTION("two rows for one") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      out.copy_row(row);
      out.copy_row(row);
    };
    CHECK(error_of([&] { CopyTable(options).run(); }).kind() == ErrorKind::transform);
  }
  SECTION("a table that travels as text has no rows to read") {
    world.on_target("ALTER TABLE t ALTER qty TYPE bigint");
    options.transform = [](const RowView& row, RowBuilder& out) { out.copy_row(row); };
    CHECK(error_of([&] { CopyTable(options).run(); }).kind() == ErrorKind::config);
  }
  CHECK(world.on_target("SELECT id FROM t") == "-1\n");
}

TEST_CASE("progress: it is told, and an exception from it ends the job", "[server]") {
  World world;
  make_tables(world);
  auto options = copy_of_t(world);
  std::uint64_t last = 0;
  options.stream.on_progress = [&](const Progress& progress) { last = progress.rows; };
  CopyTable(options).run();
  CHECK(last == 10000);
  options.stream.progress_interval = 1ms;
  options.where = "pg_sleep(0.001) IS NOT NULL";
  options.stream.on_progress = [](const Progress&) { throw MyOwn("enough"); };
  CHECK_THROWS_AS(CopyTable(options).run(), MyOwn);
}

TEST_CASE("notices of the target do not end a load, and an error is heard while the source is slow",
          "[server]") {
  World world;
  make_tables(world);
  world.on_target(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'row %', NEW.id; "
      "IF NEW.qty = 77 THEN RAISE EXCEPTION 'no' USING ERRCODE = 'LT001'; END IF; RETURN NEW; END $$;"
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  SECTION("notices") {
    CHECK(CopyTable(copy_of_t(world)).run().rows_written == 10000);
  }
  SECTION("an error in the third row of a source that would take minutes") {
    const AdHocQuery job(
        {.source = world.source(),
         .target = world.target(),
         .sql = "SELECT i AS id, CASE WHEN i = 3 THEN 77 ELSE 0 END AS qty, repeat('v', 9000) AS v "
                "FROM generate_series(1, 100000) i WHERE pg_sleep(0.01) IS NOT NULL",
         .to = "t"});
    const auto error = error_of([&] { job.run(); });
    CHECK(error.kind() == ErrorKind::target);
    CHECK(error.sqlstate() == "LT001");
  }
}

TEST_CASE("suppressed rows are counted where they are allowed", "[server]") {
  World world;
  make_tables(world);
  world.on_target(
      "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id % 4 = 0 THEN "
      "NULL ELSE NEW END; END $$;"
      "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()");
  auto options = copy_of_t(world);
  options.stream.suppressed_rows = SuppressedRows::allow;
  const auto report = CopyTable(options).run();
  CHECK(report.rows_suppressed == 2500);
  CHECK(report.rows_written == 7500);
}

TEST_CASE("AdHocQuery: what it refuses before anything is changed", "[server]") {
  World world;
  make_tables(world);
  world.on_target("INSERT INTO t VALUES (-1)");
  AdHocQueryOptions options{
      .source = world.source(), .target = world.target(), .sql = "SELECT 1 AS id", .to = "t"};
  SECTION("a parameter without a value") {
    options.sql = "SELECT :id::int AS id";
    CHECK_THROWS_AS(AdHocQuery(options), Error);
  }
  SECTION("a value without a parameter") {
    options.parameters = {{"id", "1"}};
    CHECK_THROWS_AS(AdHocQuery(options), Error);
  }
  SECTION("two columns of one name") {
    options.sql = "SELECT 1 AS id, 2 AS id";
    CHECK(error_of([&] { AdHocQuery(options).run(); }).kind() == ErrorKind::config);
  }
  SECTION("a statement that writes") {
    options.sql = "DELETE FROM t RETURNING id";
    CHECK(error_of([&] { AdHocQuery(options).run(); }).sqlstate() == "25006");
    CHECK(world.on_source("SELECT count(*) FROM t") == "10000\n");
  }
  CHECK(world.on_target("SELECT id FROM t") == "-1\n");
}

TEST_CASE("options: each bound is checked and named", "[jobs]") {
  CopyTableOptions options{.from = "t"};
  SECTION("batch_bytes") {
    options.stream.batch_bytes = ByteCount{1};
  }
  SECTION("memory") {
    options.stream.memory = ByteCount{1U << 20U};
  }
  SECTION("flush_after") {
    options.stream.flush_after = 0ms;
  }
  SECTION("progress_interval") {
    options.stream.progress_interval = 0ms;
  }
  SECTION("from") {
    options.from = "";
  }
  SECTION("to") {
    options.to = "a.b.c";
  }
  SECTION("columns and exclude") {
    options.columns = {"a"};
    options.exclude = {"b"};
  }
  CHECK_THROWS_AS(CopyTable(options), Error);
}
