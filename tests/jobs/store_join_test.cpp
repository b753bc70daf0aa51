// Several workers on one job that reads from another kind of store.
#include <string>

#include "leat/jobs/job_registry.hpp"
#include "number_store.hpp"

using namespace leat;
using namespace leat::test;

namespace {

constexpr std::int64_t joined_rows = 20'000;

CopyTableOptions shared_numbers(const NumberBed& bed) {
  auto options = bed.copy(joined_rows);
  bed.trouble->shared_count = joined_rows;
  options.mode = WriteMode::append;
  options.delivery = {.job = "numbers", .on_lost_snapshot = OnLostSnapshot::carry_on};
  options.readers = options.writers = 2;
  return options;
}

JobReport join_numbers(const CopyTableOptions& options, const JoinOptions& join, std::stop_token stop) {
  return JobRegistry({.target = options.target, .application_name = application})
      .join("numbers", join, std::move(stop));
}

}  // namespace

TEST_CASE("store: two workers read a generator, each number once", "[server]") {
  const NumberBed bed;
  bed.trouble->waits_at = 5;
  const auto options = shared_numbers(bed);
  JobReport first;
  JobReport second;
  Running owner([&](std::stop_token stop) { first = CopyTable(options).run(std::move(stop)); });
  // Begins while the other one may still prepare the job.
  REQUIRE(becomes_true(patience, [&] {
    return bed.bed.dst("SELECT to_regclass('leat_meta.jobs') IS NOT NULL") == "t" &&
           bed.bed.dst("SELECT count(*) FROM leat_meta.jobs") == "1";
  }));
  Running worker([&](std::stop_token stop) {
    second = join_numbers(options, {.stores = bed.stores(), .readers = 2, .writers = 2}, std::move(stop));
  });
  REQUIRE(becomes_true(patience, [&] {
    return bed.bed.dst("SELECT count(*) FROM leat_meta.job_workers") == "2" &&
           bed.bed.dst(
               "SELECT count(*) - count(l.rows) FROM leat_meta.job_slices LEFT JOIN "
               "leat_meta.job_ledger l USING (job, run, slice)") == "1";
  }));
  bed.trouble->waits_at = -1;
  owner.wait();
  worker.wait();
  CHECK(bed.numbers() == all_of(joined_rows));
  CHECK(first.rows_written == joined_rows);
  CHECK(second.rows_written == joined_rows);
}

TEST_CASE("store: who cannot see the same rows cannot join", "[server]") {
  const NumberBed bed;
  bed.trouble->waits_at = 5;
  std::string reason;
  JoinOptions join;
  SECTION("the kind of store is not known") {
    reason = "the job reads from numbers:20000, which is not known here";
  }
  SECTION("the rows are the process's own") {
    bed.trouble->is_private = true;
    join.stores = bed.stores();
    reason = "are seen by its own process alone";
  }
  SECTION("the source is another one") {
    join.source = ResolvedConnection::of_store("numbers:100");
    join.stores = bed.stores();
    reason = "was begun by another command: source";
  }
  std::int64_t more = 0;
  SECTION("the rows are others now") {
    more = 5;
    join.stores = bed.stores();
    reason = "has changed since the job has begun";
  }
  const auto options = shared_numbers(bed);
  Running owner([&](std::stop_token stop) { static_cast<void>(CopyTable(options).run(std::move(stop))); });
  REQUIRE(becomes_true(patience, [&] {
    return bed.bed.dst("SELECT to_regclass('leat_meta.job_workers') IS NOT NULL") == "t" &&
           bed.bed.dst("SELECT count(*) FROM leat_meta.job_workers") == "1";
  }));
  bed.trouble->more = more;
  Running worker(
      [&](std::stop_token stop) { static_cast<void>(join_numbers(options, join, std::move(stop))); });
  const Error error = worker.error();
  INFO(error.what());
  CHECK(std::string(error.what()).find(reason) != std::string::npos);
  bed.trouble->waits_at = -1;
  owner.wait();
  CHECK(bed.numbers() == all_of(joined_rows));
}
