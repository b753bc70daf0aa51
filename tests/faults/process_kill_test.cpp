// kill -9 of the command at random moments, and the same command again until it is done: every row arrives,
// once, whatever was killed.
#include <poll.h>
#include <signal.h>

#include "fault_command.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr int killed_exit_code = 128 + SIGKILL;

struct Command {
  WriteMode mode;
  std::string lost_snapshot;
};

/// Whether it was killed before its end. Fails the test where it has ended badly by itself.
bool run_and_kill(const Words& words, std::mt19937_64& random, std::chrono::milliseconds most) {
  RunningCommand command(words);
  pass_time(random, most);
  command.send(SIGKILL);
  const Outcome outcome = command.wait();
  INFO(outcome.err);
  REQUIRE((outcome.exit_code == killed_exit_code || outcome.exit_code == 0));
  return outcome.exit_code == killed_exit_code;
}

}  // namespace

TEST_CASE("faults: the process is killed again and again", "[faults][kill9][random]") {
  const FaultBed bed;
  const RandomRun run(14, 2);
  std::mt19937_64 random(run.seed());
  const auto command = GENERATE(Command{WriteMode::append, "continue"}, Command{WriteMode::replace, "redo"},
                                Command{WriteMode::upsert, "redo"}, Command{WriteMode::append, "redo"});
  const std::size_t wanted = run.rounds();
  std::size_t kills = 0;
  for (int number = 1; kills < wanted; ++number) {
    const std::string job = "killed " + std::to_string(number);
    bed.reset_target();
    bed.add_old_rows(command.mode);
    const Words words = fault_command(job, command.mode, command.lost_snapshot);
    // Some jobs are killed often; in the end one attempt is left alone.
    bool is_done = false;
    for (int left = 7; !is_done && left > 0 && kills < wanted; --left) {
      is_done = !run_and_kill(words, random, 900ms);
      if (!is_done) ++kills;
      if (random_to(random, 3) == 0) bed.lose_snapshot();
    }
    const Outcome last = run_leat(words);
    INFO("job " << number << " " << to_string(command.mode) << ": " << last.err);
    CHECK(last.exit_code == 0);
    bed.check_delivered(job);
  }
}

TEST_CASE("faults: a ledger that forgets is noticed by these tests", "[faults][kill9]") {
  const FaultBed bed;
  const std::string job = "amnesia";
  bed.dst("ALTER TABLE t DROP CONSTRAINT t_pkey");
  const Words words = fault_command(job, WriteMode::append, "continue");
  {
    RunningCommand command(words);
    bed.wait_for_slices(job, 2, [] { return false; });
    command.send(SIGKILL);
    REQUIRE(command.wait().exit_code == killed_exit_code);
  }
  bed.dst("DELETE FROM leat_meta.job_ledger");
  REQUIRE(run_leat(words).exit_code == 0);
  CHECK(bed.complaint(job).find("are there twice") != std::string::npos);
}
