// Workers of one attempt: who does which slice, who is dead, who publishes.
#include "leat/ledger/job_workers.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ledger_bed.hpp"

using leat::Connection;
using leat::ErrorKind;
using leat::JobLease;
using leat::JobWorker;

namespace {

using namespace std::chrono_literals;

JobWorker enter(Connection& session, const JobLease& lease) {
  return enter_attempt(session, lease, "a test", {.options = "{}", .snapshot = "s"}, 60s);
}

std::optional<std::int64_t> claim(Connection& session, const JobWorker& worker,
                                  const std::vector<std::int64_t>& held = {}, std::int64_t after = -1) {
  const auto claimed = claim_slice(session, worker, after, held);
  return claimed.slice ? std::optional(claimed.slice->number) : std::nullopt;
}

}  // namespace

TEST_CASE("workers: eight that claim at the same time get each slice once", "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 60);
  constexpr std::size_t count = 8;
  std::vector<Connection> sessions;  // one that ends is dead, and its slices are free
  for (std::size_t i = 0; i < count; ++i) sessions.push_back(connect_target());
  std::mutex mutex;
  std::vector<std::int64_t> claimed;
  {
    std::vector<std::jthread> threads;
    for (auto& session : sessions) {
      threads.emplace_back([&] {
        const JobWorker worker = enter(session, lease);
        std::vector<std::int64_t> held;
        while (const auto slice = claim(session, worker, held, held.empty() ? -1 : held.back())) {
          held.push_back(*slice);
        }
        const std::lock_guard lock(mutex);
        claimed.insert(claimed.end(), held.begin(), held.end());
      });
    }
  }
  std::sort(claimed.begin(), claimed.end());
  CHECK(claimed.size() == 60);
  CHECK(std::adjacent_find(claimed.begin(), claimed.end()) == claimed.end());
}

TEST_CASE("workers: what a dead one has claimed is free, what a live one has is not", "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 2);
  auto first = connect_target();
  auto second = connect_target();
  const JobWorker one = enter(first, lease);
  const JobWorker two = enter(second, lease);
  CHECK(one.number != two.number);
  CHECK(claim(first, one) == 1);
  CHECK(claim(second, two) == 2);
  CHECK_FALSE(claim(second, two, {2}));
  const auto none = claim_slice(second, two, -1, std::vector<std::int64_t>{2});
  CHECK(none.counts.total == 2);
  CHECK(none.counts.done == 0);
  SECTION("its session is gone") {
    first.abort();
    std::optional<std::int64_t> freed;
    while (!freed) freed = claim(second, two, {2});  // the server ends it in a moment
    CHECK(freed == 1);
  }
  SECTION("its time is over") {
    bed.sql("UPDATE leat_meta.job_workers SET lease_until = now() WHERE worker = " +
            std::to_string(one.number));
    CHECK(claim(second, two, {2}) == 1);
  }
  SECTION("it has left") {
    leave_attempt(first, one);
    CHECK(claim(second, two, {2}) == 1);
  }
}

TEST_CASE("workers: a claim that was not heard of is made again, by its worker alone", "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 1);
  auto first = connect_target();
  auto second = connect_target();
  const JobWorker one = enter(first, lease);
  const JobWorker two = enter(second, lease);
  CHECK(claim(first, one) == 1);
  CHECK_FALSE(claim(second, two));
  CHECK(claim(first, one) == 1);
  CHECK_FALSE(claim(first, one, {1}));
}

TEST_CASE("workers: an attempt that is over hands out nothing, and says why", "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 3);
  auto session = connect_target();
  const JobWorker worker = enter(session, lease);
  bed.take_over("shared");
  check_refused([&] { static_cast<void>(claim(session, worker)); }, {"taken over"});
  check_refused([&] { static_cast<void>(renew_worker(session, worker, false, 60s)); }, {"taken over"});
  check_refused([&] { static_cast<void>(claim_publication(session, worker)); }, {"taken over"});
  check_refused([&] { static_cast<void>(enter(session, lease)); }, {"taken over"});
}

TEST_CASE("workers: one publishes, and another one when that is dead", "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 1);
  auto first = connect_target();
  auto second = connect_target();
  const JobWorker one = enter(first, lease);
  const JobWorker two = enter(second, lease);
  CHECK(claim_publication(first, one));
  CHECK_FALSE(claim_publication(second, two));
  CHECK(claim_publication(first, one));
  leave_attempt(first, one);
  CHECK(claim_publication(second, two));
}

TEST_CASE("workers: who has nothing to do is heard by the others, and each renews the job's lease",
          "[postgres][server]") {
  LedgerBed bed;
  const JobLease lease = bed.start("shared", 1);
  auto first = connect_target();
  auto second = connect_target();
  const JobWorker one = enter(first, lease);
  const JobWorker two = enter(second, lease);
  bed.sql("UPDATE leat_meta.jobs SET lease_until = now()");
  CHECK_FALSE(renew_worker(first, one, true, 60s));
  CHECK(bed.sql("SELECT lease_until > now() + interval '30 s' FROM leat_meta.jobs") == "t");
  CHECK(renew_worker(second, two, false, 60s));
  CHECK(has_hungry_workers(second, two));
  CHECK_FALSE(has_hungry_workers(first, one));
  const auto details = read_attempt(second, lease);
  REQUIRE(details);
  CHECK(details->snapshot == "s");
}
