// Many tables under one name: each a job that goes on where it ended, and copies nothing twice.
#include <algorithm>

#include "many_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTablesOptions named(std::vector<std::string> include, WriteMode mode = WriteMode::append) {
  auto options = copy_of(std::move(include));
  options.mode = mode;
  options.delivery.job = "nightly";
  options.delivery.retries = 0;
  return options;
}

const CopiedTable& table_of(const CopyTablesReport& report, const std::string& name) {
  const auto found = std::find_if(report.tables.begin(), report.tables.end(),
                                  [&name](const CopiedTable& table) { return table.table == name; });
  REQUIRE(found != report.tables.end());
  return *found;
}

bool says(const CopiedTable& table, const std::string& text) {
  const auto& remarks = table.report.remarks;
  return std::any_of(remarks.begin(), remarks.end(),
                     [&text](const std::string& remark) { return remark.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("named tables: what is done is not copied again, and what failed goes on", "[server]") {
  const Bed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::upsert);
  bed.both("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, v text)");
  bed.src(
      "INSERT INTO a SELECT i, 'a' FROM generate_series(1, 1000) i; "
      "INSERT INTO b SELECT i, 'b' FROM generate_series(1, 500) i");
  bed.dst("ALTER TABLE b ADD CHECK (id < 400)");
  const auto options = named({"public.a", "public.b"}, mode);
  const CopyTablesReport first = CopyTables(options).run();
  CHECK(first.status == JobStatus::failed);
  CHECK_FALSE(table_of(first, "public.a").error);
  REQUIRE(table_of(first, "public.b").error);
  CHECK(table_of(first, "public.b").error->sqlstate() == "23514");
  CHECK(bed.dst("SELECT string_agg(name || ' ' || state, ', ' ORDER BY name) FROM leat_meta.jobs") ==
        "nightly/public.a done, nightly/public.b failed");
  bed.dst("ALTER TABLE b DROP CONSTRAINT b_id_check; INSERT INTO a VALUES (-1, 'own')");
  const CopyTablesReport second = CopyTables(options).run();
  CHECK(second.status == JobStatus::done);
  CHECK(says(table_of(second, "public.a"), "job nightly/public.a was done"));
  CHECK(table_of(second, "public.a").report.rows_read == 0);
  CHECK(bed.dst("SELECT count(*) FROM a") == "1001");
  CHECK(bed.dst(content("b")) == bed.src(content("b")));
  const CopyTablesReport third = CopyTables(options).run();
  CHECK(third.status == JobStatus::done);
  CHECK(bed.dst("SELECT count(*) FROM b") == "500");
}

TEST_CASE("named tables: --restart begins them anew", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE a (id int PRIMARY KEY)");
  bed.src("INSERT INTO a VALUES (1)");
  auto options = named({"public.a"}, WriteMode::replace);
  static_cast<void>(CopyTables(options).run());
  bed.src("INSERT INTO a VALUES (2)");
  options.delivery.restart = true;
  CHECK(CopyTables(options).run().status == JobStatus::done);
  CHECK(bed.dst("SELECT count(*) FROM a") == "2");
}

TEST_CASE("named tables: all are read in one snapshot, under names of their own", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE a (id int); CREATE TABLE b (id int); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
  auto options = named({"public.*"}, WriteMode::replace);
  options.stream.create = CreateTarget::full;
  options.to_schema = "there";
  options.jobs = 1;
  bool added = false;
  options.stream.progress_interval = std::chrono::milliseconds(1);
  // By then the snapshot is taken, and at most one of the two is copied.
  options.on_tables_progress = [&](const TablesProgress& progress) {
    if (added || progress.tables_ended == progress.tables) return;
    added = true;
    bed.src("INSERT INTO a VALUES (2); INSERT INTO b VALUES (2)");
  };
  CHECK(CopyTables(options).run().status == JobStatus::done);
  CHECK(added);
  CHECK(bed.dst("SELECT count(*) FROM there.a") == "1");
  CHECK(bed.dst("SELECT count(*) FROM there.b") == "1");
  bed.dst("DROP SCHEMA there CASCADE");
}

TEST_CASE("named tables: those that foreign keys join come one after the other", "[server]") {
  const Bed bed;
  bed.both(
      "CREATE TABLE c_parent (id int PRIMARY KEY); "
      "CREATE TABLE a_child (id int PRIMARY KEY, parent int REFERENCES c_parent)");
  bed.src(
      "INSERT INTO c_parent SELECT generate_series(1, 10); INSERT INTO a_child SELECT i, 1 + i % 10 FROM "
      "generate_series(1, 100) i");
  SECTION("parents first") {
    const auto mode = GENERATE(WriteMode::append, WriteMode::upsert, WriteMode::insert_missing);
    CHECK(CopyTables(named({"public.*"}, mode)).run().status == JobStatus::done);
    CHECK(bed.dst(content("a_child")) == bed.src(content("a_child")));
  }
  SECTION("not by a mode that empties them together") {
    const auto options = named({"public.*"}, GENERATE(WriteMode::replace, WriteMode::swap));
    for (const auto& plan : CopyTables(options).plan()) {
      const auto found = std::find_if(plan.findings.begin(), plan.findings.end(),
                                      [](const Finding& finding) { return finding.code == "joined_tables"; });
      CHECK(found != plan.findings.end());
    }
    const CopyTablesReport report = CopyTables(options).run();
    CHECK(report.failed() == 2);
    CHECK(bed.dst("SELECT count(*) FROM c_parent") == "0");
  }
  SECTION("a child waits for its parent") {
    bed.dst("ALTER TABLE c_parent ADD CHECK (id < 5)");
    const CopyTablesReport report = CopyTables(named({"public.*"})).run();
    CHECK(report.failed() == 2);
    CHECK(std::string(table_of(report, "public.a_child").error->what())
              .find("public.c_parent, which was not") != std::string::npos);
    bed.dst("ALTER TABLE c_parent DROP CONSTRAINT c_parent_id_check");
    CHECK(CopyTables(named({"public.*"})).run().status == JobStatus::done);
    CHECK(bed.dst(content("a_child")) == bed.src(content("a_child")));
  }
}

TEST_CASE("named tables: what does not go together with a name is refused", "[server]") {
  const Bed bed;
  auto options = copy_of({"public.*"});
  options.delivery.restart = true;
  CHECK_THROWS_AS(CopyTables(options), Error);
  options.delivery = {.retries = 2};
  CHECK_THROWS_AS(CopyTables(options), Error);
  options.delivery = {.job = "j"};
  options.mode = WriteMode::append;
  options.stream.into_view = true;
  CHECK_THROWS_AS(CopyTables(options), Error);
  bed.both("CREATE TABLE a (id int)");
  auto long_name = named({"public.a"});
  long_name.delivery.job = std::string(195, 'x');
  CHECK_THROWS_WITH(CopyTables(long_name).run(),
                    "job may have 191 characters at most for these tables, and has 195: each table's job is "
                    "called NAME/schema.table, in 200 characters at most");
}

TEST_CASE("named tables: the keys that a run has made do not stand against the next one", "[server]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a); "
      "INSERT INTO a VALUES (1); INSERT INTO b VALUES (1, 1)");
  auto options = named({"public.a", "public.b"}, WriteMode::replace);
  options.stream.create = CreateTarget::full;
  CHECK(CopyTables(options).run().status == JobStatus::done);
  REQUIRE(bed.dst("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'b'::regclass") ==
          "1");
  const CopyTablesReport again = CopyTables(options).run();
  CHECK(again.status == JobStatus::done);
  CHECK(says(table_of(again, "public.a"), "job nightly/public.a was done"));
  CHECK(says(table_of(again, "public.b"), "job nightly/public.b was done"));
}
