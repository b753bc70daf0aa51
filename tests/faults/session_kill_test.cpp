// Sessions that an administrator ends, at random moments, while a job runs: it goes on by itself.
#include "fault_bed.hpp"

using namespace leat;
using namespace leat::test;

namespace {

/// A kind of a job's sessions: which they are, and how often one is ended.
struct Victim {
  const char* what;
  bool is_of_source;
  std::string condition;
  std::size_t kills;
};

const std::vector<Victim>& victims() {
  static const std::vector<Victim> all{
      {"a reader", true, "query LIKE 'COPY%'", 6},
      {"the holder of the snapshot", true, "query NOT LIKE 'COPY%'", 2},
      {"a writer", false, "pid IN (SELECT pid FROM leat_meta.job_sessions)", 6},
      {"the keeper of the lease", false, "pid NOT IN (SELECT pid FROM leat_meta.job_sessions)", 2},
  };
  return all;
}

/// Whether there was one.
bool kill_one(const FaultBed& bed, const Victim& victim, std::mt19937_64& random) {
  const std::string sql = seed_of_session(random) +
                          "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity "
                          "WHERE application_name = '" +
                          std::string(application) + "' AND " + victim.condition +
                          " ORDER BY random() LIMIT 1) AS s";
  return (victim.is_of_source ? bed.src(sql) : bed.dst(sql)) == "1";
}

}  // namespace

TEST_CASE("faults: sessions of a job are ended while it runs", "[faults][sessions][random]") {
  const FaultBed bed;
  const auto& victim = GENERATE(from_range(victims()));
  const RandomRun run(victim.kills, 2);
  std::mt19937_64 random(run.seed());
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace, WriteMode::upsert);
  const std::string name = "ended";
  bed.add_old_rows(mode);
  auto options = bed.job(name);
  options.mode = mode;
  if (mode == WriteMode::append) options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  *options.delivery.retries += run.rounds();
  RunningJob job(options);
  std::size_t kills = 0;
  for (std::size_t i = 0; i < run.rounds() && !job.has_ended(); ++i) {
    bed.wait_for_slices(name, 1, [&] { return job.has_ended(); });
    pass_time(random, 150ms);
    if (kill_one(bed, victim, random)) ++kills;
  }
  INFO(victim.what << " was ended " << kills << " times, " << to_string(mode));
  const JobReport report = job.report();
  CHECK(kills > 0);
  CHECK(report.consistent);
  bed.check_delivered(name);
}

TEST_CASE("faults: the snapshot is lost for good while a job runs", "[faults][sessions][random]") {
  const FaultBed bed;
  const RandomRun run;
  std::mt19937_64 random(run.seed());
  const std::string name = "snapshot";
  auto options = bed.job(name);
  options.mode = WriteMode::append;
  const auto policy = GENERATE(OnLostSnapshot::redo, OnLostSnapshot::carry_on, OnLostSnapshot::refuse);
  options.delivery.on_lost_snapshot = policy;
  RunningJob job(options);
  bed.wait_for_slices(name, 5, [&] { return job.has_ended(); });
  bed.lose_snapshot();
  REQUIRE(kill_one(bed, victims()[1], random));
  if (policy == OnLostSnapshot::refuse) {
    check_error(job.error(), ErrorKind::source, "55000");
    // Whoever is asked may still say what to do.
    options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
    static_cast<void>(CopyTable(options).run());
  } else {
    const JobReport report = job.report();
    CHECK(report.consistent == (policy == OnLostSnapshot::redo));
    CHECK((report.slices_skipped > 0) == (policy == OnLostSnapshot::carry_on));
  }
  bed.check_delivered(name);
}
