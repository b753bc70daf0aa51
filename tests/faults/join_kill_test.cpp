// Two and three processes on one job, each killed at random moments: rows arrive once, and are published
// once.
#include <signal.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "fault_command.hpp"
#include "jobs/advisory_gate.hpp"

using namespace leat;
using namespace leat::test;

namespace {

Words join_command(const std::string& job) {
  return {"join",      job,
          "--target",  FaultBed::target().uri("dst"),
          "--source",  FaultBed::source().uri("src"),
          "--readers", "1",
          "--writers", "2"};
}

/// A process that began the job, and others that have joined it.
class Crew {
 public:
  Crew(const FaultBed& bed, std::string job, Words begin)
      : bed_(bed), job_(std::move(job)), begin_(std::move(begin)) {}

  void begin() { add(begin_); }
  /// One that joins when the job can be joined; false where it has ended before.
  [[nodiscard]] bool join() {
    const auto can = [this] {
      return bed_.dst("SELECT to_regclass('leat_meta.job_workers') IS NOT NULL") == "t" &&
             bed_.dst(
                 "SELECT EXISTS (SELECT FROM leat_meta.job_workers w JOIN leat_meta.jobs j ON j.name = w.job "
                 "AND "
                 "j.epoch = w.epoch WHERE j.name = '" +
                 job_ + "' AND j.state = 'running')") == "t";
    };
    if (!becomes_true(patience, [&] { return can() || processes_.front()->has_ended(); }) || !can())
      return false;
    add(join_command(job_));
    return true;
  }
  /// kill -9 of one of them that is at work.
  void kill_one(std::mt19937_64& random) {
    std::vector<RunningCommand*> alive;
    for (const auto& process : processes_) {
      if (!process->has_ended()) alive.push_back(process.get());
    }
    if (!alive.empty()) alive[random_to(random, alive.size() - 1)]->send(SIGKILL);
  }
  /// Waits for all; returns how many were killed. What ends otherwise must have done its work.
  [[nodiscard]] int wait() {
    int killed = 0;
    for (const auto& process : processes_) {
      const Outcome outcome = process->wait();
      INFO(outcome.err);
      if (outcome.exit_code == 128 + SIGKILL) ++killed;
      // One that joined too late finds nothing to do.
      const bool was_late = outcome.exit_code == 2 && outcome.err.find("is not at work") != std::string::npos;
      CHECK((outcome.exit_code == 0 || outcome.exit_code == 128 + SIGKILL || was_late));
    }
    processes_.clear();
    return killed;
  }

 private:
  void add(const Words& words) { processes_.push_back(std::make_unique<RunningCommand>(words)); }

  const FaultBed& bed_;
  const std::string job_;
  const Words begin_;
  std::vector<std::unique_ptr<RunningCommand>> processes_;
};

}  // namespace

TEST_CASE("faults: several processes work on one job, and are killed", "[faults][kill9][random]") {
  const FaultBed bed;
  const RandomRun run(50, 5);
  std::mt19937_64 random(run.seed());
  constexpr std::array modes{WriteMode::append, WriteMode::replace, WriteMode::upsert};
  std::size_t kills = 0;
  for (int number = 1; kills < run.rounds(); ++number) {
    const std::string job = "crew " + std::to_string(number);
    const WriteMode mode = modes[random_to(random, modes.size() - 1)];
    const std::string lost_snapshot = mode == WriteMode::append ? "continue" : "redo";
    INFO("job " << number << " " << to_string(mode));
    bed.reset_target();
    bed.add_old_rows(mode);
    const Words words = fault_command(job, mode, lost_snapshot);
    Crew crew(bed, job, words);
    crew.begin();
    const auto others = 1 + random_to(random, 1);
    bool joined = true;
    for (std::uint64_t i = 0; joined && i < others; ++i) joined = crew.join();
    pass_time(random, 700ms);
    crew.kill_one(random);
    if (random_to(random, 1) == 0) {
      pass_time(random, 300ms);
      crew.kill_one(random);
    }
    kills += static_cast<std::size_t>(crew.wait());
    // Where all were killed, or the last of them could not go on, the command goes on.
    const Outcome last = run_leat(words);
    INFO(last.err);
    CHECK(last.exit_code == 0);
    bed.check_delivered(job);
  }
}

TEST_CASE("faults: a process that has joined ends the job of one that is killed", "[faults][kill9]") {
  const FaultBed bed;
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  const std::string job = "heir";
  bed.reset_target();
  bed.add_old_rows(mode);
  // The job cannot end before the gate is open.
  std::optional<AdvisoryGate> gate(ConnectionTarget::parse(FaultBed::source().uri("src")));
  const Words words = fault_command(job, mode, mode == WriteMode::append ? "continue" : "redo",
                                    AdvisoryGate::v_held_back_at(59'000));
  RunningCommand first(words);
  bed.wait_for_slices(job, 2, [&] { return first.has_ended(); });
  RunningCommand heir(join_command(job));
  const auto joined = [&] {
    return bed.dst("SELECT count(*) FROM leat_meta.job_workers WHERE job = '" + job + "'") == "2";
  };
  const bool has_joined = becomes_true(patience, joined);
  INFO(first.err() + heir.err());
  REQUIRE(has_joined);
  first.send(SIGKILL);
  CHECK(first.wait().exit_code == 128 + SIGKILL);
  gate->open();
  gate.reset();  // and its session
  const Outcome end = heir.wait();
  INFO(end.err);
  CHECK(end.exit_code == 0);
  bed.check_delivered(job);
}
