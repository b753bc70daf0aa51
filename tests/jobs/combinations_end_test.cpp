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

TEST_CASE_METHOD(EveryWay,
                 "combinations: what a row hook throws arrives as it is, and the same command goes on",
                 "[server]") {
  if (way.by == Way::By::tables) return;  // they have no row hooks
  make_tables(bed);
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

TEST_CASE_METHOD(EveryWay,
                 "combinations: what on_progress throws arrives as it is, and the same command goes on",
                 "[server]") {
  if (way.by == Way::By::tables) return;  // theirs is another one
  make_tables(bed);
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

TEST_CASE_METHOD(EveryWay, "combinations: what a last call of on_progress throws does not undo the load",
                 "[server]") {
  if (way.by == Way::By::tables || way.has_ledger() || way.is_several())
    return;  // these call before the commit
  make_tables(bed);
  options.stream.progress_interval = 1h;
  options.stream.on_progress = [](const Progress&) { throw std::runtime_error("too late"); };
  CHECK(run_by(way, options).rows_written == way_rows);
  CHECK(rows_of_source(bed) == std::to_string(way_rows));
}

TEST_CASE_METHOD(EveryWay, "combinations: a stop while rows are read", "[server]") {
  make_tables(bed);
  AdvisoryGate gate(options.source.target);
  if (way.by == Way::By::copy) options.table.map = {{"v", AdvisoryGate::v_held_back_at(3500)}};
  const bool is_held = way.by == Way::By::copy;
  if (!is_held) {
    bed.src("ALTER TABLE t RENAME TO real_t; CREATE VIEW t AS SELECT id, " +
            AdvisoryGate::v_held_back_at(3500) + " AS v FROM real_t");
    options.table.from = "public.t";
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

TEST_CASE_METHOD(EveryWay, "combinations: a stop while the server commits, which ends well", "[server]") {
  make_tables(bed);
  add_commit_that_ends_by_cancel(bed);
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
    CHECK(becomes_true(patience, [this] { return bed.dst("SELECT count(*) FROM t WHERE id = 1") == "1"; }));
  } else {
    // It has told the truth where it says nothing.
    CHECK(rows_of_source(bed) == "0");
  }
  check_nothing_left(bed, way);
}

TEST_CASE("combinations: what one of eight row hooks throws arrives as it is, and nothing else does",
          "[server]") {
  const Bed bed;
  make_tables(bed);
  const Way way{.name = "eight row hooks", .readers = 8, .transform_workers = 8};
  auto options = options_of(bed, way);
  SECTION("one of them throws") {
    options.transform = [](const RowView& row, RowBuilder& out) {
      if (row.get<std::int32_t>("id") == 3500) throw std::runtime_error("a hook's own");
      out.copy_row(row);
    };
  }
  SECTION("all of them throw") {
    options.transform = [](const RowView&, RowBuilder&) { throw std::runtime_error("a hook's own"); };
  }
  CHECK_THROWS_WITH(run_by(way, options), "a hook's own");
  check_as_before(bed, way);
  options.transform = as_it_is;
  check_again(bed, way, options);
}

TEST_CASE_METHOD(EveryWay, "combinations: a stop while rows are published", "[server]") {
  if (!way.has_ledger() || way.is_straight()) return;  // only these publish what others have committed
  make_tables(bed);
  AdvisoryGate gate(options.target.target);
  // Before it changes the table, or while it does.
  const bool waits_for_lock = way.readers > 2 || way.retries;
  std::optional<Connection> keeper;
  if (waits_for_lock) {
    keeper = Connection::open(options.target.target, {});
    keeper->begin();
    static_cast<void>(keeper->execute("LOCK TABLE public.t IN SHARE ROW EXCLUSIVE MODE"));
  } else {
    bed.dst("CREATE FUNCTION waits() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM " +
            AdvisoryGate::wait +
            "; RETURN NEW; END'; CREATE TRIGGER waits BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 3500) "
            "EXECUTE "
            "FUNCTION waits()");
  }
  Running job([&](std::stop_token stop) { static_cast<void>(run_by(way, options, std::move(stop))); });
  bed.wait_until_session_waits("dst", waits_for_lock ? "relation" : "advisory");
  job.request_stop();
  const Error error = job.error(promised(4s));
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK_FALSE(error.in_doubt());
  keeper.reset();
  gate.open();
  check_as_before(bed, way);
  check_again(bed, way, options);
}

TEST_CASE_METHOD(EveryWay, "combinations: the target has lost its rows between two attempts", "[server]") {
  if (*way.job == '\0' || way.by == Way::By::query) return;  // nobody goes on with these
  make_tables(bed);
  const bool made_anew = GENERATE(true, false);
  const bool refuses = way.is_straight() && !made_anew && GENERATE(true, false);
  // Slices come one after the other.
  options.readers = options.writers = 1;
  if (refuses) options.delivery.on_lost_snapshot = OnLostSnapshot::refuse;
  bed.dst("ALTER TABLE t ADD CONSTRAINT no CHECK (id <> 3500)");
  check_error(error_of(options), ErrorKind::target, "23514");
  CHECK(std::stoi(bed.dst("SELECT count(*) FROM leat_meta.job_ledger")) > 0);
  if (way.is_straight()) CHECK(rows_of_source(bed) != "0");
  bed.dst(made_anew ? "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, v text)"
                    : "TRUNCATE t; ALTER TABLE t DROP CONSTRAINT no");
  if (!way.is_straight()) {
    CHECK(CopyTable(options).run().consistent);
    CHECK(bed.dst(content("t")) == bed.src(content("t")));
    check_nothing_left(bed, way);
    return;
  }
  const Error error = error_of(options);
  check_error(error, refuses ? ErrorKind::source : ErrorKind::target, "55000");
  CHECK(std::string(error.what()).find(refuses ? "snapshot" : "rows") != std::string::npos);
  CHECK_FALSE(std::string(error.hint()).empty());
  CHECK(bed.dst("SELECT count(*) FROM t") == "0");
  check_nothing_left(bed, way);
}

TEST_CASE_METHOD(EveryWay, "combinations: the session is ended while the server commits", "[server]") {
  make_tables(bed);
  bed.dst(
      "CREATE SEQUENCE commits; CREATE FUNCTION dies() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF "
      "nextval(''commits'') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(600); "
      "END IF; "
      "RETURN NULL; END'; CREATE CONSTRAINT TRIGGER dies AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR "
      "EACH "
      "ROW WHEN (NEW.id = 1) EXECUTE FUNCTION dies()");
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
