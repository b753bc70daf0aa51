// A server crashes and comes back while a job runs: the job ends well by itself.
#include <atomic>
#include <semaphore>

#include "fault_bed.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("faults: a server crashes and is started again", "[faults][restart][random]") {
  const FaultBed bed;
  const RandomRun run;
  std::mt19937_64 random(run.seed());
  const bool is_source = GENERATE(true, false);
  const bool loses_snapshot = GENERATE(false, true);
  const auto command = GENERATE(table<WriteMode, OnLostSnapshot>(
      {{WriteMode::append, OnLostSnapshot::carry_on}, {WriteMode::replace, OnLostSnapshot::redo}}));
  const auto mode = std::get<0>(command);
  const std::string name = "crash";
  bed.add_old_rows(mode);
  auto options = bed.job(name);
  options.mode = mode;
  options.delivery.on_lost_snapshot = std::get<1>(command);
  RunningJob job(options);
  bed.wait_for_slices(name, 3, [&] { return job.has_ended(); });
  REQUIRE_FALSE(job.has_ended());
  if (loses_snapshot) bed.lose_snapshot();
  pass_time(random, 100ms);
  (is_source ? FaultBed::source() : FaultBed::target()).restart(StopMode::immediate);
  const JobReport report = job.report();
  INFO(to_string(mode) << (is_source ? ", the source's server" : ", the target's server")
                       << (loses_snapshot ? ", another snapshot" : ""));
  // What goes on in another snapshot says so; after a crash that may be another one by its number only.
  const bool goes_on = is_source && mode == WriteMode::append;
  CHECK((report.consistent || goes_on));
  CHECK_FALSE((report.consistent && goes_on && loses_snapshot));
  bed.check_delivered(name);
}

TEST_CASE("faults: the target's server crashes at the publication", "[faults][restart]") {
  const FaultBed bed;
  const std::string name = "publication";
  const bool stays_down = GENERATE(false, true);
  bed.add_old_rows(WriteMode::replace);
  auto options = bed.job(name);
  std::binary_semaphore publishing(0);
  std::binary_semaphore crashed(0);
  std::counting_semaphore<> kept(0);  // an attempt could not give the job up
  std::atomic<int> times = 0;
  options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    if (++times > 1) return;
    publishing.release();
    static_cast<void>(crashed.try_acquire_for(patience));
  };
  options.stream.log = Logger(LogLevel::warning, [&](LogLevel, std::string_view message) {
    if (message.find("could not be given up") != std::string_view::npos) kept.release();
  });
  RunningJob job(options);
  REQUIRE(publishing.try_acquire_for(patience));
  FaultBed::target().stop(StopMode::immediate);
  if (!stays_down) FaultBed::target().start();
  crashed.release();
  if (stays_down) {
    CHECK(kept.try_acquire_for(patience));
    FaultBed::target().start();
  }
  static_cast<void>(job.report());
  CHECK(times == 2);
  bed.check_delivered(name);
}
