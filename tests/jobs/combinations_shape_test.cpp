// Row hooks that change the shape of rows, by every way that rows travel: rows beside are there exactly if
// those are that were written along with them.
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "advisory_gate.hpp"
#include "leat/jobs/job_registry.hpp"
#include "ways.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// 4,000 rows, of which the hook makes 6,000 (id % 4 of each), and 1,000 beside.
void make_numbers(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM "
      "generate_series(1, " +
      std::to_string(way_rows) + ") i");
  bed.dst("CREATE TABLE t (id bigint, part int, v text); CREATE TABLE audit (id int, why text)");
}

RowShape parts(bool has_beside) {
  RowShape shape{.columns = {{"id", oid::int8}, {"part", oid::int4}, {"v", oid::text}}};
  if (has_beside) shape.beside = {{"public.audit", {{"id", oid::int4}, {"why", oid::text}}}};
  return shape;
}

/// Throws at row `fails_at`.
Transform split(bool has_beside, int fails_at = 0) {
  return Transform::shaped(parts(has_beside), [=](const HookColumns& columns) {
    return [=, id = columns.input().field<std::int32_t>("id"), v = columns.input().index_of("v")](
               const RowView& row, RowOutput& out) {
      const std::int32_t number = row.get(id);
      if (number == fails_at) throw std::runtime_error("a hook's own");
      for (std::int32_t part = 0; part < number % 4; ++part) {
        out.begin_row();
        out.add(number).add(part).add_field(row, v);
        out.finish_row();
      }
      if (has_beside && number % 4 == 0) out.to("public.audit").add_row(number, "nothing of it");
    };
  });
}

std::string arrived(const Bed& bed) {
  return bed.dst(
      "SELECT count(*), count(DISTINCT (id, part)), count(*) FILTER (WHERE v = 'v' || id) FROM t WHERE id > "
      "0");
}

std::string beside(const Bed& bed) {
  return bed.dst("SELECT count(*), count(DISTINCT id) FROM audit");
}

void check_counts(const JobReport& report) {
  CHECK(report.rows_read == way_rows);
  CHECK(report.rows_dropped == 1000);
  CHECK(report.rows_added == 3000);
  CHECK(report.rows_written == 6000);
}

/// Whether a hook may write into tables beside by that way.
bool takes_beside(const Way& way) {
  return !way.has_ledger() || way.is_straight() || way.by == Way::By::query;
}

}  // namespace

TEST_CASE_METHOD(EveryWay, "combinations: a row hook splits rows and leaves rows out", "[server]") {
  if (way.by == Way::By::tables) return;  // they have no row hooks
  make_numbers(bed);
  options.transform = split(false);
  check_counts(run_by(way, options));
  CHECK(arrived(bed) == "6000|6000|6000");
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: a row hook writes into a table beside, or that is refused",
                 "[server]") {
  if (way.by == Way::By::tables) return;
  make_numbers(bed);
  options.transform = split(true);
  if (!takes_beside(way)) {
    try {
      static_cast<void>(run_by(way, options));
      FAIL("no error");
    } catch (const Error& error) {
      INFO(error.what());
      CHECK(error.kind() == ErrorKind::config);
      CHECK(std::string(error.what()).find("beside") != std::string::npos);
    }
    CHECK(arrived(bed) == "0|0|0");
    CHECK(beside(bed) == "0|0");
    return;
  }
  const JobReport report = run_by(way, options);
  check_counts(report);
  CHECK(report.rows_beside.at(0).rows == 1000);
  CHECK(arrived(bed) == "6000|6000|6000");
  CHECK(beside(bed) == "1000|1000");
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: rows beside stay where those of their unit do, and come once",
                 "[server]") {
  if (way.by == Way::By::tables || !takes_beside(way)) return;
  make_numbers(bed);
  options.transform = split(true, 3500);
  CHECK_THROWS_WITH(run_by(way, options), "a hook's own");
  if (!way.is_straight()) {
    CHECK(arrived(bed) == "0|0|0");
    CHECK(beside(bed) == "0|0");
  }
  // Each number is in one of both tables, or in none.
  CHECK(bed.dst("SELECT count(*) FROM t JOIN audit USING (id)") == "0");
  options.transform = split(true);
  static_cast<void>(run_by(way, options));
  CHECK(arrived(bed) == "6000|6000|6000");
  CHECK(beside(bed) == "1000|1000");
  check_nothing_left(bed, way);
}

TEST_CASE("combinations: a unit that is tried again writes rows beside once", "[server]") {
  const Bed bed;
  make_numbers(bed);
  // Fails twice, each time in another slice.
  bed.dst(
      "CREATE SEQUENCE times; CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF "
      "nextval(''times'') IN (300, 900) THEN RAISE SQLSTATE ''40001''; END IF; RETURN NEW; END'; CREATE "
      "TRIGGER f "
      "BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION fail()");
  const Way way{.name = "straight",
                .readers = 2,
                .writers = 2,
                .job = "straight",
                .on_lost_snapshot = OnLostSnapshot::carry_on,
                .retries = 5};
  auto options = options_of(bed, way);
  options.transform = split(true);
  const JobReport report = CopyTable(options).run();
  CHECK(report.slices_retried == 2);
  check_counts(report);
  CHECK(report.rows_beside.at(0).rows == 1000);
  CHECK(arrived(bed) == "6000|6000|6000");
  CHECK(beside(bed) == "1000|1000");
}

TEST_CASE("combinations: every mode takes what a hook splits, and appends what it writes beside",
          "[server]") {
  const Bed bed;
  make_numbers(bed);
  bed.dst(
      "ALTER TABLE t ADD PRIMARY KEY (id, part); INSERT INTO t VALUES (1, 0, 'old'), (-1, 0, 'old'); INSERT "
      "INTO "
      "audit VALUES (-1, 'old')");
  const auto mode = GENERATE(WriteMode::replace, WriteMode::swap, WriteMode::upsert,
                             WriteMode::insert_missing, WriteMode::delete_insert, WriteMode::sync);
  INFO(to_string(mode));
  auto options = bed.copy();
  options.mode = mode;
  options.stream.batch_bytes = ByteCount{4U << 10U};  // so that rows beside come between those of the target
  options.transform = split(true);
  const JobReport report = CopyTable(options).run();
  const bool keeps_own = mode == WriteMode::insert_missing;
  CHECK(arrived(bed) == (keeps_own ? "6000|6000|5999" : "6000|6000|6000"));
  const bool keeps_others =
      mode == WriteMode::upsert || mode == WriteMode::insert_missing || mode == WriteMode::delete_insert;
  CHECK(bed.dst("SELECT count(*) FROM t WHERE id = -1") == (keeps_others ? "1" : "0"));
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM audit") == "1001|1001");
  CHECK(report.rows_read + report.rows_added ==
        report.rows_written + report.rows_unchanged + report.rows_superseded + report.rows_dropped);
}

TEST_CASE("combinations: rows that were split may be rejected, and those beside stay", "[server]") {
  const Bed bed;
  make_numbers(bed);
  bed.dst("ALTER TABLE t ADD CHECK (id % 1000 <> 7 OR part <> 1)");
  const auto way = GENERATE(Way{.name = "plain"}, Way{.name = "two readers", .readers = 2},
                            Way{.name = "straight",
                                .readers = 2,
                                .writers = 2,
                                .job = "straight",
                                .on_lost_snapshot = OnLostSnapshot::carry_on});
  INFO(way.name);
  auto options = options_of(bed, way);
  options.stream.batch_bytes = ByteCount{4U << 10U};
  options.stream.max_rejects = 10;
  options.stream.rejects.table = "public.refused";
  options.transform = split(true);
  const JobReport report = CopyTable(options).run();
  CHECK(report.rows_rejected == 4);
  CHECK(report.rows_read == way_rows);
  CHECK(report.rows_added == 3000);
  CHECK(report.rows_written == 5996);
  CHECK(beside(bed) == "1000|1000");
  // Of a row that a hook has made nobody knows by its place which one of the source it was.
  CHECK(bed.dst(
            "SELECT string_agg(id || '/' || part || coalesce(leat_row::text, ''), ',' ORDER BY id::int) FROM "
            "refused") == "7/1,1007/1,2007/1,3007/1");
}

TEST_CASE("combinations: what a hook adds is added to the target", "[server]") {
  const Bed bed;
  make_numbers(bed);
  bed.dst("ALTER TABLE t DROP part");
  auto options = bed.copy();
  options.stream.evolve = true;
  options.transform = split(true);
  static_cast<void>(CopyTable(options).run());
  CHECK(arrived(bed) == "6000|6000|6000");
}

TEST_CASE("combinations: a hook that splits rows runs in each process of a job", "[server]") {
  const Bed bed;
  make_numbers(bed);
  auto options =
      options_of(bed, {.name = "shared", .job = "shared", .on_lost_snapshot = OnLostSnapshot::carry_on});
  options.table.map = {{"v", AdvisoryGate::v_held_back_at(5)}};
  options.transform = split(true);
  options.transform_name = "split";
  AdvisoryGate gate(options.source.target);
  auto owner = start(options);
  bed.wait_until_session_waits("src", "advisory");
  Running worker([&](std::stop_token stop) {
    const JobRegistry registry({.target = options.target, .application_name = application});
    static_cast<void>(registry.join(
        "shared", {.source = options.source, .hooks = {{"split", split(true)}}, .readers = 2, .writers = 2},
        std::move(stop)));
  });
  // The one does what the other cannot.
  REQUIRE(becomes_true(patience, [&] {
    return bed.dst("SELECT (SELECT count(DISTINCT id) FROM t) + (SELECT count(*) FROM audit) > 3000") == "t";
  }));
  gate.open();
  owner->wait();
  worker.wait();
  CHECK(arrived(bed) == "6000|6000|6000");
  CHECK(beside(bed) == "1000|1000");
}
