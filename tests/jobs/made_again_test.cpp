// Tables that a run has made and not joined, since it was stopped: the same command goes on.
#include <stop_token>
#include <string>

#include "advisory_gate.hpp"
#include "guest.hpp"
#include "made_tables.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A tree of partitions and foreign keys, and a table of which one row can be held back.
void make_joined_source(const Bed& bed) {
  bed.src(
      "CREATE TABLE z_parent (id int PRIMARY KEY); "
      "CREATE TABLE a_child (id int PRIMARY KEY, parent int REFERENCES z_parent); "
      "CREATE TABLE part (id int PRIMARY KEY, parent int REFERENCES z_parent) PARTITION BY RANGE (id); "
      "CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (10) PARTITION BY LIST (id); "
      "CREATE TABLE part_1_odd PARTITION OF part_1 FOR VALUES IN (1, 3, 5, 7, 9); "
      "CREATE TABLE part_1_rest PARTITION OF part_1 DEFAULT; "
      "CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (10) TO (1000); "
      "CREATE TABLE slow (id int PRIMARY KEY, v text, parent int REFERENCES z_parent); "
      "INSERT INTO z_parent SELECT generate_series(1, 10); "
      "INSERT INTO a_child SELECT i, 1 + i % 10 FROM generate_series(1, 100) i; "
      "INSERT INTO part SELECT i, 1 + i % 10 FROM generate_series(1, 100) i; INSERT INTO slow VALUES (1, "
      "'v', 1)");
}

/// A run that is stopped when all tables but one are loaded.
void stop_before_the_end(const Bed& bed, CopyTablesOptions options) {
  AdvisoryGate gate(options.source.target);
  std::stop_source stop;
  options.stream.progress_interval = 5ms;
  options.on_tables_progress = [&stop](const TablesProgress& progress) {
    if (progress.tables_ended == progress.tables - 1) stop.request_stop();
  };
  CopyTablesReport report;
  Running run([&](const std::stop_token&) { report = CopyTables(options).run(stop.get_token()); });
  run.wait();
  CHECK(report.status == JobStatus::cancelled);
  CHECK(tells(report.remarks, "are not made: the run was stopped; the same command makes them"));
  CHECK(bed.dst("SELECT count(*) FROM a_child") == "100");
  CHECK(bed.dst(all_keys).empty());
  CHECK(bed.dst("SELECT to_regclass('part') IS NULL") == "t");
}

CopyTablesOptions making_slowly() {
  auto options = making({"public.*"});
  options.jobs = 2;
  options.map = {{.column = "public.slow.v", .sql = AdvisoryGate::v_held_back_at(1)}};
  return options;
}

void check_whole(const Bed& bed) {
  CHECK(bed.dst(shape("public")) == bed.src(shape("public")));
  CHECK(bed.dst(all_keys) == bed.src(all_keys));
  for (const std::string table : {"part", "a_child", "slow"}) {
    CHECK(bed.dst(content(table)) == bed.src(content(table)));
  }
}

}  // namespace

TEST_CASE("made again: after a stop the same command makes what joins the tables", "[server][sql]") {
  const Bed bed;
  make_joined_source(bed);
  auto options = making_slowly();
  const bool is_named = GENERATE(false, true);
  if (is_named) {
    options.mode = WriteMode::append;
    options.delivery.job = "all";
  }
  stop_before_the_end(bed, options);
  CHECK_FALSE(tells(run_whole(options).remarks, "was there before"));
  check_whole(bed);
  // Nothing is noted any more, and what is there is not made again.
  CHECK(bed.dst("SELECT to_regclass('leat_meta.unjoined_tables') IS NULL") == "t");
  if (!is_named) CHECK(bed.dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0");
  CHECK_FALSE(tells(run_whole(options).remarks, "not made"));
  check_whole(bed);
}

TEST_CASE("made again: a table that somebody else has made stays what it is, and is told", "[server][sql]") {
  const Bed bed;
  make_joined_source(bed);
  const auto options = making_slowly();
  stop_before_the_end(bed, options);
  bed.dst(
      "DROP TABLE a_child, part_2; CREATE TABLE a_child (id int PRIMARY KEY, parent int); "
      "CREATE TABLE part_2 (id int PRIMARY KEY, parent int)");
  const auto remarks = run_whole(options).remarks;
  CHECK(tells(remarks, "public.part_2 was there before, and is a table of its own"));
  const std::string key =
      R"(ALTER TABLE "public"."a_child" ADD CONSTRAINT "a_child_parent_fkey" FOREIGN KEY (parent) REFERENCES "public"."z_parent"(id))";
  CHECK(tells(remarks,
              "foreign key a_child_parent_fkey of public.a_child is not made, since the table was "
              "there before. If it is to have it: " +
                  key));
  CHECK(
      bed.dst("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid = 'a_child'::regclass") ==
      "0");
  CHECK(bed.dst("SELECT relispartition FROM pg_class WHERE oid = 'part_2'::regclass") == "f");
  CHECK(bed.dst("SELECT count(*) FROM part") == "9");
  bed.dst(key);
  CHECK_FALSE(tells(run_whole(options).remarks, "foreign key"));
}

TEST_CASE("made again: a table that another run made, and this one cannot load, is joined by the next",
          "[server][sql]") {
  const Bed bed;
  bed.src(
      "CREATE TABLE b (id int PRIMARY KEY); CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b); "
      "INSERT INTO b VALUES (1); INSERT INTO a VALUES (1, 1)");
  auto options = making({"public.*"});
  options.stream.limits.lock_timeout = 200ms;
  const auto copied = [&options] {
    std::string names;
    for (const auto& table : CopyTables(options).run().tables) {
      if (!table.error) names += table.table + ' ';
    }
    return names;
  };
  bed.dst("CREATE DOMAIN b AS int");  // there can be no table of that name
  CHECK(copied() == "public.a ");
  bed.dst("DROP DOMAIN b");
  {
    auto holder = Connection::open(options.target.target, {});
    holder.begin();
    static_cast<void>(holder.execute("LOCK TABLE a IN ROW EXCLUSIVE MODE"));
    CHECK(copied() == "public.b ");
  }
  CHECK(bed.dst(all_keys).empty());
  run_whole(options);
  CHECK(bed.dst("SELECT id, b FROM a") == "1|1");
  CHECK(bed.dst(all_keys) == bed.src(all_keys));
  CHECK(bed.dst("SELECT to_regclass('leat_meta.unjoined_tables') IS NULL") == "t");
}

TEST_CASE("made again: a role that may keep no record makes all the same", "[server][sql]") {
  const Bed bed;
  make_joined_source(bed);
  const Guest guest(bed);
  bed.dst("GRANT CREATE ON SCHEMA public TO guest");
  auto options = making({"public.*"});
  options.target = Guest::connection("dst");
  run_whole(options);
  check_whole(bed);
  CHECK(bed.dst("SELECT count(*) FROM pg_namespace WHERE nspname = 'leat_meta'") == "0");
}
