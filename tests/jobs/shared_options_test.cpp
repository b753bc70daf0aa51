// What a process that joins a job takes over from the one that has begun it.
#include "jobs/named/shared_options.hpp"

#include <chrono>
#include <memory>

#include "leat/jobs/options/throttle.hpp"
#include "support/catch.hpp"

using namespace leat;
using namespace leat::literals;
using namespace std::chrono_literals;

TEST_CASE("shared options: another process keeps to what the job was given") {
  CopyTableOptions options;
  options.mode = WriteMode::upsert;
  options.key = {"id"};
  options.table.rename = {{"a", "b"}};
  options.table.inheritance = Inheritance::tree;
  options.delivery.lease = 7s;
  options.delivery.retries = 3;
  options.stream.max_rejects = 5;
  options.stream.suppressed_rows = SuppressedRows::allow;
  options.stream.throttle = std::make_shared<Throttle>(3_MiB, 30s);
  const JobRecord record{.name = "nightly", .description = R"({"map": {"c": "1"}, "where": "a > 0"})"};
  CopyTableOptions own;
  own.stream.memory = 9_MiB;
  const CopyTableOptions joined =
      jobs_detail::joined_options(own, jobs_detail::shared_options(options), record);
  CHECK(joined.mode == WriteMode::upsert);
  CHECK(joined.key == options.key);
  CHECK(joined.table.inheritance == Inheritance::tree);
  CHECK(joined.delivery.job == "nightly");
  CHECK(joined.delivery.lease == 7s);
  CHECK(joined.delivery.retries == 3U);
  CHECK(joined.stream.max_rejects == 5);
  CHECK(joined.stream.suppressed_rows == SuppressedRows::allow);
  CHECK(joined.stream.memory == 9_MiB);
  REQUIRE(joined.stream.throttle);
  CHECK(joined.stream.throttle->rate() == 3_MiB);
  CHECK(joined.stream.throttle->max_replica_lag() == 30s);
  // Its own, so that nothing is shared with whoever has begun the job.
  CHECK(joined.stream.throttle != options.stream.throttle);
}

TEST_CASE("shared options: limits are those of the job, where a process has none of its own") {
  CopyTableOptions options;
  options.stream.limits = {.lock_timeout = 3min, .statement_timeout = 0ms, .silence_timeout = 2h};
  const JobRecord record{.name = "nightly", .description = R"({"map": {}, "where": ""})"};
  CopyTableOptions own;
  own.stream.limits.lock_timeout = 5s;
  const JobLimits limits =
      jobs_detail::joined_options(own, jobs_detail::shared_options(options), record).stream.limits;
  CHECK(limits.lock_timeout == 5s);
  CHECK(limits.statement_timeout == 0ms);
  CHECK(limits.silence_timeout == 2h);
  CHECK(limits.connect_timeout == std::nullopt);
}

TEST_CASE("shared options: without a limit there is none for others") {
  const JobRecord record{.name = "nightly", .description = R"({"map": {}, "where": ""})"};
  CHECK_FALSE(jobs_detail::joined_options({}, jobs_detail::shared_options({}), record).stream.throttle);
}
