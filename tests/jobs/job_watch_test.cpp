// Jobs with names as others see them: watched while they work, stopped, and done into tables that are gone.
#include <vector>

#include "bed.hpp"
#include "leat/jobs/job_registry.hpp"
#include "texts.hpp"

using namespace leat;
using namespace leat::test;

namespace {

CopyTableOptions watched_job(const Bed& bed) {
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.readers = 1;
  options.writers = 1;
  options.slice_bytes = ByteCount{3U << 13U};
  options.delivery = {.job = "watched", .on_lost_snapshot = OnLostSnapshot::carry_on};
  return options;
}

/// Row 15,000 waits until its number can be locked.
void make_waiting_table(const Bed& bed) {
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t SELECT i, repeat('x', i % 40) FROM generate_series(1, 20000) i");
  bed.dst(
      "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; "
      "END'; "
      "CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.id = 15000) EXECUTE FUNCTION nap()");
}

}  // namespace

TEST_CASE("job watch: it tells of a job until nobody works on it, and a stopped job is stopped", "[server]") {
  const Bed bed;
  make_waiting_table(bed);
  const auto options = watched_job(bed);
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  const JobRegistry registry({.target = options.target, .application_name = application});
  std::vector<std::string> words;
  const auto tell = [&](const std::vector<KnownJob>& jobs) {
    REQUIRE(jobs.size() == 1);
    words.emplace_back(status_word(jobs[0]));
    CHECK(jobs[0].target_exists == true);
    if (words.size() == 1) {
      CHECK(jobs[0].slices_done > 0);
      CHECK(jobs[0].rows > 0);
      job->request_stop();
    }
  };
  const auto last = registry.watch("watched", tell, 20ms);
  CHECK(words.front() == "running");
  CHECK(words.back() == "stopped");
  CHECK(last.front().state == JobState::failed);
  CHECK_FALSE(is_at_work(last.front()));
  check_error(job->error(), ErrorKind::cancelled, "");
}

TEST_CASE("job watch: it hears a stop", "[server]") {
  const Bed bed;
  make_waiting_table(bed);
  const auto options = watched_job(bed);
  const auto job = start(options);
  bed.wait_until_session_waits("dst", "PgSleep");
  const JobRegistry registry({.target = options.target, .application_name = application});
  std::stop_source stop;
  const auto tell = [&](const std::vector<KnownJob>&) { stop.request_stop(); };
  try {
    static_cast<void>(registry.watch("", tell, 1h, stop.get_token()));
    FAIL("it ended");
  } catch (const Error& error) {
    check_error(error, ErrorKind::cancelled, "");
  }
  job->request_stop();
  check_error(job->error(), ErrorKind::cancelled, "");
}

TEST_CASE("job watch: a job that is done is not said to be done when its table is gone", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a')");
  auto options = watched_job(bed);
  CHECK(CopyTable(options).run().rows_written == 1);
  CHECK(CopyTable(options).run().rows_written == 0);
  bed.dst("DROP TABLE t");
  const Error error = error_of(options);
  check_error(error, ErrorKind::target, "42P01");
  CHECK(contains(error.what(), "job watched was done at "));
  CHECK(contains(error.what(), "is not there any more"));
}

TEST_CASE("job registry: jobs that are done are forgotten, but not the others", "[server]") {
  const Bed bed;
  bed.both("CREATE TABLE t (id int, v text)");
  bed.src("INSERT INTO t VALUES (1, 'a')");
  auto options = watched_job(bed);
  static_cast<void>(CopyTable(options).run());
  options.delivery.job = "failing";
  options.delivery.retries = 0;
  bed.dst("ALTER TABLE t ADD CHECK (id <> 1) NOT VALID");
  check_error(error_of(options), ErrorKind::target, "23514");
  const JobRegistry registry({.target = options.target, .application_name = application});
  CHECK(registry.list_done(1h).empty());
  CHECK(registry.forget_done(1h).empty());
  REQUIRE(registry.list_done(0s).size() == 1);
  REQUIRE(registry.forget_done(0s).size() == 1);
  const auto left = registry.list();
  REQUIRE(left.size() == 1);
  CHECK(left.front().name == "failing");
}
