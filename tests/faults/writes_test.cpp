// A source that is written to all the time: what arrives is one moment of it.
#include <atomic>
#include <thread>

#include "fault_bed.hpp"
#include "leat/postgres/session/connection.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr int accounts = 40'000;
constexpr const char* sum_of_nothing = "40000|0";

/// Moves amounts between accounts, so that in every snapshot of the source all of them together have nothing.
class Bookings {
 public:
  explicit Bookings(std::uint32_t seed)
      : thread_([this, seed](const std::stop_token& stop) { run(stop, seed); }) {}

  [[nodiscard]] int made() const { return made_; }

 private:
  void run(const std::stop_token& stop, std::uint32_t seed) {
    auto session = Connection::open(ConnectionFactory().resolve(FaultBed::source().uri("src")).target,
                                    {.application_name = "psql"}, {});
    std::mt19937_64 random(seed);
    while (!stop.stop_requested()) {
      const auto from = std::to_string(1 + random_to(random, accounts - 1));
      const auto to = std::to_string(1 + random_to(random, accounts - 1));
      session.begin();
      static_cast<void>(session.execute("UPDATE accounts SET amount = amount - 100 WHERE id = " + from));
      static_cast<void>(session.execute("UPDATE accounts SET amount = amount + 100 WHERE id = " + to));
      session.commit();
      ++made_;
    }
  }

  std::atomic<int> made_ = 0;
  std::jthread thread_;  // last: it uses what stands above
};

CopyTableOptions accounts_job(const FaultBed& bed) {
  auto options = bed.job("accounts");
  options.table.from = "accounts";
  options.table.map = {{"note", "slow(note, id * 5)"}};
  options.readers = 3;
  bed.src(
      "DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int, amount int, note text); "
      "INSERT INTO accounts SELECT i, 0, repeat('x', 80) FROM generate_series(1, 40000) i; "
      "CREATE INDEX ON accounts (id)");
  bed.dst(
      "DROP TABLE IF EXISTS accounts; CREATE TABLE accounts (id int, amount int, note text); "
      "INSERT INTO accounts VALUES (1, 1, 'old')");
  return options;
}

constexpr const char* state = "SELECT count(*), sum(amount) FROM accounts";
constexpr const char* twice = "SELECT count(*) - count(DISTINCT id) FROM accounts";

}  // namespace

TEST_CASE("faults: a source that is written to all the time", "[faults][writes][random]") {
  const FaultBed bed;
  const auto options = accounts_job(bed);
  const RandomRun run;
  const Bookings bookings(run.seed());
  RunningJob job(options);
  SECTION("undisturbed") {}
  SECTION("its snapshot is lost on the way") {
    bed.wait_for_slices("accounts", 3, [&] { return job.has_ended(); });
    bed.src("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
            std::string(application) + "'");
  }
  SECTION("the target's sessions are lost on the way") {
    bed.wait_for_slices("accounts", 3, [&] { return job.has_ended(); });
    bed.dst("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '" +
            std::string(application) + "'");
  }
  const JobReport report = job.report();
  CHECK(report.consistent);
  CHECK(report.rows_written == accounts);
  CHECK(bookings.made() > 10);
  CHECK(bed.dst(state) == sum_of_nothing);
  CHECK(bed.dst(twice) == "0");
}

TEST_CASE("faults: the same source read without one snapshot is noticed by these tests",
          "[faults][writes][random]") {
  const FaultBed bed;
  static_cast<void>(accounts_job(bed));
  const RandomRun run;
  const Bookings bookings(run.seed());
  auto reader = Connection::open(ConnectionFactory().resolve(FaultBed::source().uri("src")).target, {}, {});
  const auto read_in_parts = [&] {
    std::int64_t rows = 0;
    std::int64_t sum = 0;
    for (int page = 0; page < 4000; page += 100) {
      const Result part =
          reader.execute("SELECT count(*), COALESCE(sum(amount), 0) FROM accounts WHERE ctid >= '(" +
                         std::to_string(page) + ",0)' AND ctid < '(" + std::to_string(page + 100) + ",0)'");
      rows += part.integer(0, 0);
      sum += part.integer(0, 1);
    }
    return std::to_string(rows) + "|" + std::to_string(sum);
  };
  bool is_broken = false;
  for (int i = 0; i < 200 && !is_broken; ++i) is_broken = read_in_parts() != sum_of_nothing;
  CHECK(is_broken);
}
