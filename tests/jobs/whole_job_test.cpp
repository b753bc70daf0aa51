// Jobs that are one transaction with the ledger's row that says they are done, and sessions that jobs share.
#include <atomic>
#include <random>

#include "bed.hpp"
#include "leat/jobs/options/kept_sessions.hpp"
#include "leat/ledger/job_record.hpp"
#include "support/random.hpp"

using namespace leat;
using namespace leat::test;

namespace {

void make_tables(const Bed& bed) {
  bed.src(
      "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, "
      "1000) i");
  bed.dst("CREATE TABLE t (id int, v text)");
}

CopyTableOptions whole_copy(const Bed& bed, const std::string& name) {
  auto options = bed.copy();
  options.mode = WriteMode::append;
  options.delivery = {.job = name, .whole = true};
  return options;
}

std::string rows(const Bed& bed) {
  return bed.dst("SELECT count(*), count(DISTINCT id) FROM t");
}

/// The only process that has a session of jobs there.
std::string sessions(const Bed& bed) {
  return bed.dst(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leat-jobs-test' AND datname IN "
      "('src', 'dst')");
}

}  // namespace

TEST_CASE("whole job: a table or a query is loaded once", "[server]") {
  const Bed bed;
  make_tables(bed);
  const bool is_query = GENERATE(false, true);
  const auto run = [&] {
    if (!is_query) return CopyTable(whole_copy(bed, "one")).run();
    auto options = bed.query("SELECT * FROM t");
    options.mode = WriteMode::append;
    options.delivery = {.job = "one", .whole = true};
    return AdHocQuery(options).run();
  };
  CHECK(run().rows_written == 1000);
  const JobReport again = run();
  CHECK(again.rows_written == 0);
  REQUIRE(again.remarks.size() == 1);
  CHECK(again.remarks[0].find("(1000 rows): nothing was loaded") != std::string::npos);
  CHECK(rows(bed) == "1000|1000");
  CHECK(bed.dst("SELECT j.name, j.state, l.rows, j.report->>'rows_written' FROM leat_meta.jobs j JOIN "
                "leat_meta.job_ledger l ON l.job = j.name") == "one|done|1000|1000");
}

TEST_CASE("whole job: its name is another command's no more", "[server]") {
  const Bed bed;
  make_tables(bed);
  static_cast<void>(CopyTable(whole_copy(bed, "one")).run());
  auto other = whole_copy(bed, "one");
  other.table.where = "id < 10";
  try {
    static_cast<void>(CopyTable(other).run());
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::config);
    CHECK(std::string(error.what()).find("was begun by another command") != std::string::npos);
  }
  CHECK(rows(bed) == "1000|1000");
}

TEST_CASE("whole job: what fails leaves neither rows nor a job", "[server]") {
  const Bed bed;
  make_tables(bed);
  auto options = whole_copy(bed, "one");
  options.stream.before_commit = [](Connection& target, const std::stop_token&) {
    static_cast<void>(target.execute("SELECT 1 / 0"));
  };
  CHECK_THROWS_AS(CopyTable(options).run(), Error);
  CHECK(rows(bed) == "0|0");
  CHECK(bed.dst("SELECT count(*) FROM leat_meta.jobs") == "0");
  options.stream.before_commit = {};
  CHECK(CopyTable(options).run().rows_written == 1000);
}

TEST_CASE("whole job: of several that run at the same time one loads", "[server]") {
  const Bed bed;
  make_tables(bed);
  bed.src("CREATE TABLE u AS SELECT * FROM t");
  constexpr std::size_t processes = 8;
  std::atomic<std::size_t> arrived{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < processes; ++i) {
      threads.emplace_back([&] {
        auto options = whole_copy(bed, "one");
        // All of them have loaded before the first one commits.
        options.stream.before_commit = [&](Connection&, const std::stop_token&) {
          ++arrived;
          while (arrived < processes) std::this_thread::yield();
        };
        try {
          written += CopyTable(options).run().rows_written;
        } catch (const Error&) {
          ++failed;
        }
      });
    }
  }
  CHECK(failed == 0);
  CHECK(written == 1000);
  CHECK(rows(bed) == "1000|1000");
}

TEST_CASE("whole job: sessions that are ended at random moments lose nothing and double nothing",
          "[server]") {
  const RandomRun run(40, 4);
  std::mt19937 random(run.seed());
  const Bed bed;
  make_tables(bed);
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    bed.dst("TRUNCATE t");
    const std::string name = "round " + std::to_string(round);
    const auto delay = std::chrono::microseconds(std::uniform_int_distribution<int>(0, 30'000)(random));
    std::uint64_t written = 0;
    std::atomic<bool> is_over{false};
    std::jthread killer([&] {
      const auto end = std::chrono::steady_clock::now() + delay;
      while (!is_over && std::chrono::steady_clock::now() < end) std::this_thread::yield();
      if (!is_over) Bed::end_jobs();
    });
    for (int attempt = 0; attempt < 20; ++attempt) {
      try {
        written = CopyTable(whole_copy(bed, name)).run().rows_written;
        break;
      } catch (const Error& error) {
        if (!error.retryable() && !error.in_doubt()) throw;
      }
    }
    is_over = true;
    killer.join();
    INFO(name);
    REQUIRE(rows(bed) == "1000|1000");
    CHECK(written <= 1000);
  }
}

TEST_CASE("whole job: what does not go together is refused", "[jobs]") {
  const auto refused = [](Delivery delivery, std::size_t writers) {
    try {
      static_cast<void>(CopyTable(
          CopyTableOptions{.table = {.from = "t"}, .delivery = std::move(delivery), .writers = writers}));
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused({.whole = true}, 0).find("needs a name") != std::string::npos);
  CHECK(refused({.job = "a", .restart = true, .whole = true}, 0).find("nothing to discard") !=
        std::string::npos);
  CHECK(refused({.job = "a", .whole = true, .retries = 2}, 0).find("not retried") != std::string::npos);
  CHECK(refused({.job = "a", .whole = true}, 2).find("one writer") != std::string::npos);
  CHECK(refused({.job = "a", .whole = true}, 1).empty());
}

TEST_CASE("kept sessions: a job goes on with those of the one before", "[server]") {
  const Bed bed;
  make_tables(bed);
  const auto kept = std::make_shared<KeptSessions>();
  std::vector<int> pids;
  for (int i = 0; i < 3; ++i) {
    auto options = whole_copy(bed, "job " + std::to_string(i));
    options.mode = WriteMode::replace;
    options.stream.sessions = kept;
    options.stream.before_commit = [&](Connection& target, const std::stop_token&) {
      pids.push_back(target.backend_pid());
      // What one leaves behind, the next one does not have.
      static_cast<void>(target.execute("CREATE TEMP TABLE left_behind (id int)"));
      static_cast<void>(target.execute("SELECT pg_advisory_lock(4711)"));
    };
    CHECK(CopyTable(options).run().rows_written == 1000);
  }
  CHECK(pids[0] == pids[1]);
  CHECK(pids[1] == pids[2]);
  CHECK(kept->idle() == 2);
  CHECK(sessions(bed) == "2");
  kept->close();
  CHECK(kept->idle() == 0);
  bed.wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711", "0");
}

TEST_CASE("kept sessions: one that was ended meanwhile is replaced", "[server]") {
  const Bed bed;
  make_tables(bed);
  const auto kept = std::make_shared<KeptSessions>();
  auto options = whole_copy(bed, "first");
  options.stream.sessions = kept;
  static_cast<void>(CopyTable(options).run());
  Bed::end_jobs();
  options.delivery.job = "second";
  CHECK(CopyTable(options).run().rows_written == 1000);
  CHECK(rows(bed) == "2000|1000");
}

TEST_CASE("kept sessions: sessions of other limits or places are others", "[server]") {
  const Bed bed;
  KeptSessions kept;
  const auto target = ConnectionTarget::parse(Bed::server().uri("dst"));
  const SessionOptions options{.side = ErrorKind::target, .application_name = application};
  auto other = options;
  other.lock_timeout = 3s;
  const int pid = kept.open(target, options)->backend_pid();
  CHECK(kept.open(target, other)->backend_pid() != pid);
  CHECK(kept.open(ConnectionTarget::parse(Bed::server().uri("src")), options)->backend_pid() != pid);
  CHECK(kept.open(target, options)->backend_pid() == pid);
  // Two at the same time are two.
  const auto one = kept.open(target, options);
  const auto two = kept.open(target, options);
  CHECK(one->backend_pid() != two->backend_pid());
}
