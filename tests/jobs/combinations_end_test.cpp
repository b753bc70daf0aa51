// How a load ends that does not end well, by every way that rows travel: what the target has then is what the
// error says.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "advisory_gate.hpp"
#include "late_commit.hpp"
#include "ways.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// 4,000 rows for a target that has one old one.
void make_tables(const Bed& bed) {
  bed.both("CREATE TABLE t (id int PRIMARY KEY, v text)");
  bed.src("INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, " + std::to_string(way_rows) + ") i");
  bed.dst("INSERT INTO t VALUES (-1, 'old')");
}

std::string rows_of_source(const Bed& bed) {
  return bed.dst("SELECT count(*) FROM t WHERE id > 0");
}

/// Nothing of the load is there; of a straight job whole slices may be.
void check_as_before(const Bed& bed, const Way& way) {
  if (!way.is_straight()) CHECK(rows_of_source(bed) == "0");
  CHECK(bed.dst("SELECT count(*) FROM t WHERE id = -1") == "1");
  check_nothing_left(bed, way);
}

/// The same command once more: with a name at once, whatever ended the run before.
void check_again(const Bed& bed, const Way& way, const CopyTableOptions& options) {
  static_cast<void>(run_by(way, options));
  CHECK(bed.dst("SELECT count(*), count(DISTINCT id) FROM t WHERE id > 0") == "4000|4000");
  check_nothing_left(bed, way);
}

}  // namespace

TEST_CASE("combinations: what a row hook throws arrives as it is, and the same command goes on", "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  if (way.by == Way::By::tables) return;  // they have no row hooks
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  auto options = options_of(bed, way);
  options.transform = [](const RowView& row, RowBuilder& out) {
    if (row.get<std::int32_t>("id") == 3500) throw std::runtime_error("a hook's own");
    out.copy_row(row);
  };
  CHECK_THROWS_WITH(run_by(way, options), "a hook's own");
  check_as_before(bed, way);
  if (*way.job != '\0') {
    CHECK(bed.dst("SELECT error FROM leat_meta.jobs") == "a hook's own");
  }
  options.transform = as_it_is;
  check_again(bed, way, options);
}

TEST_CASE("combinations: what on_progress throws arrives as it is, and the same command goes on",
          "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  if (way.by == Way::By::tables) return;  // theirs is another one
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  auto options = options_of(bed, way);
  AdvisoryGate gate(options.source.target);
  bed.src("ALTER TABLE t RENAME TO real_t; CREATE VIEW t AS SELECT id, " +
          AdvisoryGate::v_held_back_at(3500) + " AS v FROM real_t");
  options.stream.progress_interval = 1ms;
  options.stream.on_progress = [](const Progress&) { throw std::runtime_error("a callback's own"); };
  CHECK_THROWS_WITH(run_by(way, options), "a callback's own");
  gate.open();
  check_as_before(bed, way);
  options.stream.on_progress = {};
  check_again(bed, way, options);
}

TEST_CASE("combinations: what a last call of on_progress throws does not undo the load", "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  if (way.by == Way::By::tables || way.has_ledger() || way.is_several())
    return;  // these call before the commit
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  auto options = options_of(bed, way);
  options.stream.progress_interval = 1h;
  options.stream.on_progress = [](const Progress&) { throw std::runtime_error("too late"); };
  CHECK(run_by(way, options).rows_written == way_rows);
  CHECK(rows_of_source(bed) == std::to_string(way_rows));
}

TEST_CASE("combinations: a stop while rows are read", "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  auto options = options_of(bed, way);
  AdvisoryGate gate(options.source.target);
  if (way.by == Way::By::copy) options.map = {{"v", AdvisoryGate::v_held_back_at(3500)}};
  const bool is_held = way.by == Way::By::copy;
  if (!is_held) {
    bed.src("ALTER TABLE t RENAME TO real_t; CREATE VIEW t AS SELECT id, " +
            AdvisoryGate::v_held_back_at(3500) + " AS v FROM real_t");
    options.from = "public.t";
  }
  if (way.by == Way::By::tables) return;  // patterns choose no views
  Running job([&](std::stop_token stop) { static_cast<void>(run_by(way, options, std::move(stop))); });
  bed.wait_until_session_waits("src", "advisory");
  job.request_stop();
  const Error error = job.error(promised(4s));
  CHECK(error.kind() == ErrorKind::cancelled);
  gate.open();
  check_as_before(bed, way);
  check_again(bed, way, options);
}

TEST_CASE("combinations: a stop while the server commits, which ends well", "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  add_commit_that_ends_by_cancel(bed);
  auto options = options_of(bed, way);
  Running job([&](std::stop_token stop) { static_cast<void>(run_by(way, options, std::move(stop))); });
  bed.wait_until_session_waits("dst", "PgSleep");
  job.request_stop();
  std::optional<Error> error;
  try {
    job.wait(promised(5s));
  } catch (const Error& thrown) {
    error = thrown;
  }
  INFO((error ? error->what() : "no error"));
  if (!error) {
    CHECK(rows_of_source(bed) == std::to_string(way_rows));
  } else if (way.is_several()) {
    // Other transactions were to come.
    CHECK(error->kind() == ErrorKind::cancelled);
    CHECK(std::string(error->what()).find("nothing was committed") == std::string::npos);
    // A slice's COMMIT may end after the job, whose ledger then tells of it.
    CHECK(becomes_true(patience, [&bed] { return bed.dst("SELECT count(*) FROM t WHERE id = 1") == "1"; }));
  } else {
    // It has told the truth where it says nothing.
    CHECK(rows_of_source(bed) == "0");
  }
  check_nothing_left(bed, way);
}

TEST_CASE("combinations: the session is ended while the server commits", "[server]") {
  const Way& way = GENERATE(from_range(ways()));
  INFO(way.name);
  const Bed bed;
  make_tables(bed);
  bed.dst(
      "CREATE SEQUENCE commits; CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF "
      "nextval(''commits'') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(600); "
      "END IF; "
      "RETURN NULL; END'; CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH "
      "ROW WHEN (NEW.id = 1) EXECUTE FUNCTION dies()");
  auto options = options_of(bed, way);
  try {
    static_cast<void>(run_by(way, options));
    CHECK(way.has_ledger());  // which tries again
    CHECK(rows_of_source(bed) == std::to_string(way_rows));
  } catch (const Error& error) {
    INFO(error.what());
    CHECK(error.kind() == ErrorKind::target);
    CHECK_FALSE(error.in_doubt());
    if (!way.is_several()) check_as_before(bed, way);
    bed.dst("DELETE FROM t WHERE id > 0");
    check_again(bed, way, options);
  }
  check_nothing_left(bed, way);
}
