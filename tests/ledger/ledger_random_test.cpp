// Sessions that are lost at any moment: each slice's row is there once.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "ledger_bed.hpp"
#include "support/random.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::JobLease;
using leat::SliceBegin;
using leat::test::RandomRun;

namespace {

constexpr std::int64_t slice_count = 60;
constexpr int thread_count = 4;

/// What keeps a slice from being written twice.
enum class Guard {
  ledger,
  memory,  ///< nothing but what its thread remembers
};

void insert_row(Connection& writer, std::int64_t slice) {
  writer.execute("INSERT INTO side VALUES (" + std::to_string(slice) + ")");
}

/// Ends the session at a moment of its own, as seen from it: before its rows, after them, or when the server
/// has committed and the answer is on its way.
void lose(Connection& writer, Connection& killer) {
  killer.execute("SELECT pg_terminate_backend(" + std::to_string(writer.backend_pid()) + ")");
}

/// Writes one slice; true where this thread has learned that it is done.
bool write_slice(Connection& writer, Connection& killer, const JobLease& lease, std::int64_t slice,
                 Guard guard, unsigned fate) {
  if (guard == Guard::ledger) {
    if (begin_slice(writer, lease, slice, 10s) == SliceBegin::already_done) return true;
  } else {
    writer.begin();
  }
  if (fate == 1) lose(writer, killer);
  insert_row(writer, slice);
  if (fate == 2) {
    writer.rollback();
    return false;
  }
  if (guard == Guard::ledger) end_slice(writer, lease, line_of(slice_of(slice), 1, 8));
  if (fate == 3) lose(writer, killer);
  writer.commit();
  // The answer does not come.
  if (fate == 4) {
    writer.abort();
    return false;
  }
  return true;
}

/// Goes through all slices in an order of its own until each is done.
void work(const JobLease& lease, Guard guard, std::mt19937::result_type seed) {
  std::mt19937 random(seed);
  std::vector<std::int64_t> open(slice_count);
  for (std::int64_t i = 0; i < slice_count; ++i) open[static_cast<std::size_t>(i)] = i + 1;
  std::shuffle(open.begin(), open.end(), random);
  auto killer = connect_target();
  auto writer = connect_target();
  while (!open.empty()) {
    const auto fate = static_cast<unsigned>(random() % 7);
    bool is_done = false;
    try {
      if (!writer.is_open()) writer = connect_target();
      is_done = write_slice(writer, killer, lease, open.back(), guard, fate);
    } catch (const leat::Error&) {
      writer.rollback();
    }
    if (is_done) {
      open.pop_back();
    } else {
      std::shuffle(open.begin(), open.end(), random);
    }
  }
}

void work_on_all(LedgerBed& bed, const JobLease& lease, Guard guard, std::mt19937& seeds) {
  bed.sql("DROP TABLE IF EXISTS side");
  bed.sql("CREATE TABLE side (slice int8)");
  std::vector<std::jthread> threads;
  for (int i = 0; i < thread_count; ++i) {
    threads.emplace_back([&, seed = seeds()] { work(lease, guard, seed); });
  }
}

const std::string counts = "SELECT count(*) || ' rows of ' || count(DISTINCT slice) || ' slices' FROM side";

}  // namespace

TEST_CASE("slice: sessions are lost at random, several write the same, and each row is there once",
          "[postgres][server][random]") {
  LedgerBed bed;
  const RandomRun run(10);
  std::mt19937 random(run.seed());
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    INFO("round " << round);
    const std::string job = "job " + std::to_string(round);
    const auto lease = bed.start(job, slice_count);
    work_on_all(bed, lease, Guard::ledger, random);
    CHECK(bed.sql(counts) == "60 rows of 60 slices");
    CHECK(bed.sql("SELECT count(*) FROM (SELECT slice FROM side EXCEPT ALL SELECT slice FROM "
                  "leat_meta.job_ledger WHERE job = '" +
                  job + "') x") == "0");
    bed.ledger().require_complete(lease);
  }
}

TEST_CASE("slice: without the ledger the same leaves rows twice", "[postgres][server][random]") {
  LedgerBed bed;
  const RandomRun run;
  std::mt19937 random(run.seed());
  const auto lease = bed.start("job", slice_count);
  work_on_all(bed, lease, Guard::memory, random);
  CHECK(bed.sql(counts) != "60 rows of 60 slices");
}

namespace {

/// One attempt. True where the job is done at its end; sometimes it ends in the middle, without a word, and
/// at the latest after `most` slices.
bool attempt(Connection& coordinator, std::mt19937& random, std::int64_t most) {
  const auto job = leat::Ledger(coordinator).acquire(request_for("job"));
  if (job.outcome == leat::JobOutcome::already_done) return true;
  auto writer = connect_target();
  register_session(writer, job.lease);
  auto plan = leat::Ledger(coordinator).read_plan(job.lease);
  std::shuffle(plan.begin(), plan.end(), random);
  for (const auto& slice : plan) {
    if (slice.is_done) continue;
    if (begin_slice(writer, job.lease, slice.number, 10s) == SliceBegin::already_done) continue;
    insert_row(writer, slice.number);
    end_slice(writer, job.lease, line_of(slice, 1, 8));
    if (--most == 0 || random() % 10 == 0) return false;
    writer.commit();
  }
  writer.begin("ISOLATION LEVEL READ COMMITTED");
  leat::Ledger(writer).finish(job.lease, "{}");
  writer.commit();
  return true;
}

}  // namespace

TEST_CASE("slice: attempts that take a job from each other at random do each slice once",
          "[postgres][server][random]") {
  LedgerBed bed;
  bed.sql("DROP TABLE IF EXISTS side");
  bed.sql("CREATE TABLE side (slice int8)");
  bed.ledger().release(bed.start("job", slice_count), "");
  const RandomRun run;
  std::mt19937 seeds(run.seed());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([seed = seeds()] {
      std::mt19937 random(seed);
      auto coordinator = connect_target();
      // No thread does the whole job at once, so that there is something to take from it.
      std::int64_t most = slice_count / 3;
      for (bool is_done = false; !is_done;) {
        try {
          if (!coordinator.is_open()) coordinator = connect_target();
          is_done = attempt(coordinator, random, most);
          most = slice_count + 1;
        } catch (const leat::Error&) {
          coordinator.rollback();
        }
        // Its time is over, though it may be at work.
        if (random() % 20 == 0) coordinator.execute("UPDATE leat_meta.jobs SET lease_until = now()");
      }
    });
  }
  threads.clear();
  CHECK(bed.sql(counts) == "60 rows of 60 slices");
  CHECK(read_job(bed.admin, "job")->state == leat::JobState::done);
  CHECK(read_job(bed.admin, "job")->epoch > 2);
}
