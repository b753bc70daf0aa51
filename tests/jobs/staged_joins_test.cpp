// Rows that are staged are found in their table by its index, or by one look at all of it, whatever the
// planner believes of the table.
#include "jobs/load/staged_joins.hpp"

#include "modes.hpp"
#include "sinks.hpp"

using namespace leat;
using namespace leat::test;
using jobs_detail::may_compare_all;

namespace {

/// How the job's transaction has looked at the table so far.
struct Looks {
  std::int64_t at_all = 0;    ///< of it
  std::int64_t by_index = 0;  ///< at single rows
  std::string nested_loops{};
  std::int64_t prepared = 0;  ///< statements that were left
};

/// Runs the job and says how it looked at public.t of the target until just before its commit.
Looks looks_of(CopyTableOptions options) {
  Looks looks;
  options.stream.before_commit = [&looks](Connection& target, std::stop_token stop) {
    const Result found = target.execute(
        "SELECT seq_scan, COALESCE(idx_scan, 0), current_setting('enable_nestloop'), "
        "(SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'leat%') "
        "FROM pg_stat_xact_user_tables WHERE relid = 'public.t'::regclass",
        {}, stop);
    looks = {.at_all = found.integer(0, 0),
             .by_index = found.integer(0, 1),
             .nested_loops = std::string(found.text(0, 2)),
             .prepared = found.integer(0, 3)};
  };
  static_cast<void>(CopyTable(options).run());
  return looks;
}

constexpr std::int64_t few_looks = 20;

}  // namespace

TEST_CASE("staged joins: when all might be compared with all", "[core]") {
  CHECK(may_compare_all({.rows = 1, .cost = 0}, 40000));
  CHECK(may_compare_all({.rows = 1, .cost = 900}, 40000));
  CHECK(may_compare_all({.rows = 30000, .cost = 700}, 40000));
  // A table that is as large as it is believed to be.
  CHECK_FALSE(may_compare_all({.rows = 1000000, .cost = 20000}, 40000));
  CHECK_FALSE(may_compare_all({.rows = 40000, .cost = 900}, 40000));
  // A large one of whose rows nothing is known.
  CHECK_FALSE(may_compare_all({.rows = 1, .cost = 50000}, 40000));
  // So few that it does not matter.
  CHECK_FALSE(may_compare_all({.rows = 1, .cost = 0}, 999));
}

TEST_CASE("staged joins: a target that was analyzed while it was empty is not searched for each row",
          "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5000) i");
  const auto mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::sync);
  SECTION("empty") {}
  SECTION("with one row") {
    bed.dst("INSERT INTO t VALUES (7, 'old')");
  }
  SECTION("with another unique key, so that rows are not merged") {
    bed.dst("ALTER TABLE t ADD COLUMN n int UNIQUE");
  }
  SECTION("with triggers") {
    bed.dst(
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
        "CREATE TRIGGER see BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION see()");
  }
  SECTION("with rows of which it does not know") {
    bed.dst("INSERT INTO t SELECT i, 'v' FROM generate_series(1, 3000) i; DELETE FROM t");
  }
  bed.dst("ANALYZE t");
  if (bed.dst("SELECT relpages > 0 AND reltuples = 0 FROM pg_class WHERE oid = 't'::regclass") == "t") {
    bed.dst("INSERT INTO t SELECT i, 'old' FROM generate_series(1, 3000) i");
  }
  const Looks looks = looks_of(copy_by(bed, mode));
  CHECK(looks.at_all < few_looks);
  CHECK(looks.nested_loops == "on");
  CHECK(looks.prepared == 0);
  CHECK(bed.dst("SELECT count(*) FROM t") == "5000");
  if (mode != WriteMode::insert_missing) {
    CHECK(bed.dst("SELECT count(*) FROM t WHERE v = 'v' || id") == "5000");
  }
}

TEST_CASE("staged joins: few rows are found in a large table by its index", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i * 500, 'v' || i FROM generate_series(1, 100) i");
  bed.dst("INSERT INTO t SELECT i, repeat('x', 600) FROM generate_series(1, 60000) i");
  if (GENERATE(true, false)) bed.dst("ANALYZE t");
  const auto mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::delete_insert);
  auto options = copy_by(bed, mode);
  options.stream.before_load = [](Connection& target, std::stop_token stop) {
    target.execute("SET LOCAL random_page_cost = 1.1", {}, stop);
  };
  const Looks looks = looks_of(options);
  CHECK(looks.at_all == 0);
  CHECK(looks.by_index >= 100);
}

TEST_CASE("staged joins: what triggers do is planned as ever", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5000) i");
  bed.dst(
      "ANALYZE t; CREATE TABLE seen (nested_loops text); "
      "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO seen VALUES (current_setting('enable_nestloop')); RETURN NULL; END $$; "
      "CREATE TRIGGER see AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION see()");
  CHECK(looks_of(copy_by(bed, WriteMode::insert_missing)).at_all < few_looks);
  CHECK(bed.dst("SELECT string_agg(nested_loops, ',') FROM seen") == "on");
}

TEST_CASE("staged joins: a session in which nested loops are off keeps them off", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 5000) i");
  bed.dst("ANALYZE t");
  auto options = copy_by(bed, WriteMode::upsert);
  options.stream.before_load = [](Connection& target, std::stop_token stop) {
    target.execute("SET LOCAL enable_nestloop = off", {}, stop);
  };
  CHECK(looks_of(options).nested_loops == "off");
}

TEST_CASE("staged joins: rows of a sink that commits each item are found by the index", "[server]") {
  const Bed bed;
  bed.dst("CREATE TABLE t (id int PRIMARY KEY, v text)");
  const bool merges = GENERATE(true, false);
  if (!merges) {
    bed.dst("CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$");
    bed.dst("CREATE TRIGGER see BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION see()");
  }
  bed.dst("INSERT INTO t SELECT i, 'old' FROM generate_series(1, 20000) i");
  const auto mode = GENERATE(WriteMode::upsert, WriteMode::insert_missing, WriteMode::delete_insert);
  const std::size_t at_once = static_cast<std::size_t>(GENERATE(10, 100));
  INFO(to_string(mode) << ", " << at_once << " at once, " << (merges ? "merged" : "with triggers"));
  {
    CopySink<Item> sink(into_t(CommitPoint::item, mode));
    store(sink, numbered(600), 1, at_once);
  }
  // The server counts one look at all of it when the key is made.
  const std::string looks =
      "SELECT seq_scan <= 1, idx_scan >= 600 FROM pg_stat_user_tables WHERE relname = 't'";
  CHECK(becomes_true(patience, [&] { return bed.dst(looks).ends_with("|t"); }));
  CHECK(bed.dst(looks) == "t|t");
  CHECK(bed.dst("SELECT count(*), count(*) FILTER (WHERE v = 'old') FROM t") ==
        (mode == WriteMode::insert_missing ? "20000|20000" : "20000|19400"));
}
