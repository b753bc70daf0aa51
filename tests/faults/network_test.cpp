// The network between leat and a server fails: what was committed is found out, and nothing comes twice.
#include "target_behind_proxy.hpp"

using namespace leat;
using namespace leat::test;

TEST_CASE("faults: a COMMIT whose answer is lost, or that never arrives", "[faults][network][random]") {
  const FaultBed bed;
  const RandomRun run;
  std::mt19937_64 random(run.seed());
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  const auto when = GENERATE(CutAt::before_it, CutAt::before_its_reply);
  TargetBehindProxy job(bed, mode);
  job.options.slice_bytes = ByteCount{80U << 10U};
  // The first ones are the ledger's own; then come about fifty slices.
  const int occurrence = 1 + static_cast<int>(random_to(random, 47));
  job.proxy.cut_at("COMMIT", when, occurrence);
  INFO(to_string(mode) << ", COMMIT " << occurrence);
  const JobReport report = CopyTable(job.options).run();
  CHECK(job.proxy.cuts() == 1);
  CHECK(report.consistent);
  bed.check_delivered("network");
}

TEST_CASE("faults: the connection is cut at any statement of a job's beginning",
          "[faults][network][random]") {
  const FaultBed bed;
  const RandomRun run(12, 2);
  std::mt19937_64 random(run.seed());
  const std::vector<std::string> statements{"BEGIN", "COMMIT", "SELECT", "INSERT INTO leat_meta",
                                            "UPDATE leat_meta"};
  for (std::size_t round = 0; round < run.rounds(); ++round) {
    const auto mode = random_to(random, 1) == 0 ? WriteMode::append : WriteMode::replace;
    const auto when = random_to(random, 1) == 0 ? CutAt::before_it : CutAt::before_its_reply;
    const auto& statement = statements[random_to(random, statements.size() - 1)];
    const int occurrence = 1 + static_cast<int>(random_to(random, 11));
    bed.reset_target();
    TargetBehindProxy job(bed, mode);
    job.options.table.map.clear();
    job.options.slice_bytes = ByteCount{1200U << 10U};
    job.proxy.cut_at(statement, when, occurrence);
    INFO(to_string(mode) << ", " << statement << " number " << occurrence
                         << (when == CutAt::before_it ? "" : ", after it"));
    static_cast<void>(CopyTable(job.options).run());
    bed.check_delivered("network");
  }
}

TEST_CASE("faults: the COMMIT of the publication", "[faults][network]") {
  const FaultBed bed;
  const auto when = GENERATE(CutAt::before_it, CutAt::before_its_reply);
  const auto mode = GENERATE(WriteMode::replace, WriteMode::upsert);
  TargetBehindProxy job(bed, mode);
  int times = 0;
  job.options.stream.before_commit = [&](Connection&, const std::stop_token&) {
    if (++times == 1) job.proxy.cut_at("COMMIT", when);
  };
  const JobReport report = CopyTable(job.options).run();
  CHECK(job.proxy.cuts() == 1);
  CHECK(times == (when == CutAt::before_it ? 2 : 1));
  CHECK(report.rows_written > 0);
  bed.check_delivered("network");
}

TEST_CASE("faults: connections with the target are cut at any moment", "[faults][network][random]") {
  const FaultBed bed;
  const RandomRun run(3, 2);
  std::mt19937_64 random(run.seed());
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  const bool is_half = GENERATE(false, true);
  TargetBehindProxy proxied(bed, mode);
  *proxied.options.delivery.retries += run.rounds();
  RunningJob job(proxied.options);
  for (std::size_t i = 0; i < run.rounds(); ++i) {
    bed.wait_for_slices("network", 1, [&] { return job.has_ended(); });
    pass_time(random, 200ms);
    if (is_half) {
      proxied.proxy.half_close(random_to(random, 1) == 0 ? Toward::server : Toward::client);
    } else {
      proxied.proxy.cut();
    }
  }
  static_cast<void>(job.report());
  bed.check_delivered("network");
}

TEST_CASE("faults: connections with the source are cut at any moment", "[faults][network][random]") {
  const FaultBed bed;
  const RandomRun run(3, 2);
  std::mt19937_64 random(run.seed());
  const auto mode = GENERATE(WriteMode::append, WriteMode::replace);
  FaultProxy proxy(FaultBed::source().port());
  bed.add_old_rows(mode);
  auto options = bed.job("network");
  options.source = through(proxy, "src");
  options.mode = mode;
  if (mode == WriteMode::append) options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  *options.delivery.retries += run.rounds();
  RunningJob job(options);
  SECTION("all of them") {
    for (std::size_t i = 0; i < run.rounds(); ++i) {
      bed.wait_for_slices("network", 1, [&] { return job.has_ended(); });
      pass_time(random, 200ms);
      proxy.cut();
    }
  }
  SECTION("the one through which a certain byte comes") {
    for (std::size_t i = 0; i < run.rounds(); ++i) {
      bed.wait_for_slices("network", 1, [&] { return job.has_ended(); });
      proxy.cut_after(Toward::client, 1 + random_to(random, 300'000));
    }
  }
  SECTION("no server sees anything more of its client, then") {
    bed.wait_for_slices("network", 1, [&] { return job.has_ended(); });
    proxy.half_close(Toward::server);
  }
  static_cast<void>(job.report());
  bed.check_delivered("network");
}

TEST_CASE("faults: a slow network", "[faults][network]") {
  const FaultBed bed;
  TargetBehindProxy job(bed, WriteMode::replace);
  job.proxy.limit(Toward::server, 1'500'000);
  job.proxy.delay(Toward::client, 2ms);
  const JobReport report = CopyTable(job.options).run();
  CHECK(report.slices_retried == 0);
  bed.check_delivered("network");
}
