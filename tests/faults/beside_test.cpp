// Rows that a hook writes into a table beside: with kill -9 at random moments, and as many as those of the
// target.
#include <signal.h>
#include <sys/wait.h>

#include <vector>

#include "fault_bed.hpp"
#include "support/child_process.hpp"
#include "support/own_directory.hpp"
#include "support/places.hpp"

using namespace leat;
using namespace leat::test;

namespace {

std::vector<std::string> beside_command(const std::string& from) {
  return {built_program("leat_test_rows_beside"), FaultBed::source().uri("src"),
          FaultBed::target().uri("dst"), from};
}

/// A job that writes beside, in a process of its own.
class BesideProcess {
 public:
  explicit BesideProcess(const std::string& job) {
    auto command = beside_command("t");
    command.push_back(job);
    process_ = ChildProcess{.command = command, .log = log(), .user = ChildUser::same}.spawn();
  }
  BesideProcess(const BesideProcess&) = delete;
  BesideProcess& operator=(const BesideProcess&) = delete;
  ~BesideProcess() {
    if (process_ != -1) static_cast<void>(kill());
  }

  /// Whether it was killed by that before its end.
  [[nodiscard]] bool kill() {
    ::kill(process_, SIGKILL);
    const int status = wait();
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  }
  /// Its status when it has ended, as waitpid() tells it.
  [[nodiscard]] int wait() {
    int status = -1;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return status;
  }
  [[nodiscard]] std::string said() const { return tail_of(log()); }

 private:
  [[nodiscard]] std::filesystem::path log() const { return directory_.path() / "log"; }

  OwnDirectory directory_;
  pid_t process_ = -1;
};

/// Without keys, so that rows may be there twice.
void make_targets(const FaultBed& bed) {
  bed.dst(
      "DROP SCHEMA IF EXISTS leat_meta CASCADE; DROP TABLE IF EXISTS t, beside; "
      "CREATE TABLE t (id int, v text); CREATE TABLE beside (id int, v text)");
}

const std::string content_beside = "SELECT count(*), md5(string_agg(b::text, ',' ORDER BY id, v)) FROM ";
const std::string wanted_beside =
    "(SELECT id, v FROM t UNION ALL SELECT id, 'again' FROM t WHERE id % 3 = 0) b";

void check_beside(const FaultBed& bed, const std::string& job) {
  bed.check_delivered(job);
  CHECK(bed.dst(content_beside + "beside b") == bed.src(content_beside + wanted_beside));
}

}  // namespace

TEST_CASE("faults: rows beside arrive once, with those of the target, whatever is killed",
          "[faults][kill9][random]") {
  const FaultBed bed;
  const RandomRun run(14, 3);
  std::mt19937_64 random(run.seed());
  std::size_t kills = 0;
  for (int number = 1; kills < run.rounds(); ++number) {
    const std::string job = "beside " + std::to_string(number);
    make_targets(bed);
    bool is_done = false;
    for (int left = 7; !is_done && left > 0 && kills < run.rounds(); --left) {
      BesideProcess process(job);
      pass_time(random, 900ms);
      is_done = !process.kill();
      if (!is_done) ++kills;
      if (random_to(random, 3) == 0) bed.lose_snapshot();
    }
    BesideProcess last(job);
    const int status = last.wait();
    INFO("job " << number << ": " << last.said());
    CHECK(status == 0);
    check_beside(bed, job);
  }
  bed.dst("DROP TABLE beside");
}

TEST_CASE("faults: rows beside that come twice are noticed by that test", "[faults][kill9]") {
  const FaultBed bed;
  const std::string job = "beside, amnesia";
  make_targets(bed);
  {
    BesideProcess process(job);
    bed.wait_for_slices(job, 2, [] { return false; });
    REQUIRE(process.kill());
  }
  bed.dst("DELETE FROM leat_meta.job_ledger");
  BesideProcess again(job);
  CHECK(again.wait() == 0);
  CHECK(bed.complaint(job).find("are there twice") != std::string::npos);
  CHECK(bed.dst(content_beside + "beside b") != bed.src(content_beside + wanted_beside));
  bed.dst("DROP TABLE beside");
}

TEST_CASE("faults: a row beside of each row takes no memory that grows with their number", "[faults]") {
  const FaultBed bed;
  make_targets(bed);
  // 240 bytes a row.
  bed.src(
      "CREATE VIEW few AS SELECT i AS id, repeat(md5(i::text), 7) AS v FROM generate_series(1, 6000) i; "
      "CREATE VIEW many AS SELECT i AS id, repeat(md5(i::text), 7) AS v FROM generate_series(1, 240000) i");
  const OwnDirectory directory;
  const auto peak = [&](const std::string& view) {
    return std::stol(ChildProcess{
        .command = beside_command(view), .log = directory.path() / "log", .user = ChildUser::same}
                         .run());
  };
  const long of_few = peak("few");
  const long of_many = peak("many");
  CHECK(bed.dst("SELECT count(*) FROM t") == "246000");
  CHECK(bed.dst("SELECT count(*) FROM beside") == "328000");
  // Of 80 MB of rows beside, and as many of the target. The job's memory is 8 MiB.
  CHECK(of_many - of_few < 16 * 1024);
  bed.src("DROP VIEW few, many");
  bed.dst("DROP TABLE beside");
}
