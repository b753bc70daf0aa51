// Two attempts of one job: the second is refused while the first is alive, and the first, where it was
// dead to the world for a while, does nothing any more.
#include <signal.h>
#include <unistd.h>

#include "fault_command.hpp"
#include "jobs/advisory_gate.hpp"

using namespace leat;
using namespace leat::test;

namespace {

Words command(WriteMode mode, const std::string& lost_snapshot) {
  return fault_command("twice", mode, lost_snapshot, "slow(slow(v, id), id)");
}

}  // namespace

TEST_CASE("faults: the same job twice at once", "[faults][attempts]") {
  const FaultBed bed;
  auto options = bed.job("twice");
  options.mode = GENERATE(WriteMode::append, WriteMode::replace);
  options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  options.table.from = "t";
  const std::string v = AdvisoryGate::v_held_back_at(45000);
  options.table.map = {{"v", v}};
  AdvisoryGate gate(options.source.target);
  RunningJob first(options);
  bed.wait_for_slices("twice", 5, [&] { return first.has_ended(); });
  const Error error = RunningJob(options).error();
  check_error(error, ErrorKind::target, "55006");
  CHECK(std::string(error.what()).find("process " + std::to_string(::getpid())) != std::string::npos);
  const Outcome other = run_leat(fault_command("twice", options.mode, "continue", v));
  INFO(other.err);
  CHECK(other.err.find("55006") != std::string::npos);
  gate.open();
  static_cast<void>(first.report());
  CHECK(bed.complaint("twice") == "");
}

TEST_CASE("faults: a process that wakes up after its job was done by another", "[faults][attempts][random]") {
  const FaultBed bed;
  const RandomRun run;
  std::mt19937_64 random(run.seed());
  struct Case {
    WriteMode mode;
    const char* lost_snapshot;
  };
  const auto [mode, lost_snapshot] = GENERATE(
      Case{WriteMode::append, "continue"}, Case{WriteMode::replace, "redo"}, Case{WriteMode::upsert, "redo"});
  bed.add_old_rows(mode);
  const auto words = command(mode, lost_snapshot);
  RunningCommand stale(words);
  bed.wait_for_slices("twice", 1, [] { return false; });
  pass_time(random, 200ms);
  stale.send(SIGSTOP);
  bed.expire("twice");
  SECTION("in the same snapshot") {}
  SECTION("in another one") {
    bed.lose_snapshot();
  }
  const Outcome other = run_leat(words);
  INFO(other.err);
  CHECK(other.exit_code == 0);
  CHECK(bed.complaint("twice") == "");
  stale.send(SIGCONT);
  const Outcome outcome = stale.wait();
  INFO(outcome.err);
  CHECK(outcome.exit_code != 0);
  CHECK(outcome.err.find("55000") != std::string::npos);
  bed.check_delivered("twice");
}
