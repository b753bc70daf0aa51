#include "leat/ledger/job_workers.hpp"

#include <array>

#include "leat/postgres/session/detail/in_transaction.hpp"
#include "ledger/job_lease.hpp"

namespace leat {
namespace {

using postgres_detail::in_transaction;
using postgres_detail::JobLock;
using postgres_detail::lease_parameters;
using postgres_detail::require_lease;
using postgres_detail::time_after;

// A row w of job_workers whose worker lives: it has shown that in time, and its session is connected, which
// cannot be told behind a pooler (process 0).
constexpr const char* lives =
    "(w.lease_until > pg_catalog.clock_timestamp() AND (w.pid = 0 OR EXISTS (SELECT FROM "
    "pg_catalog.pg_stat_activity a WHERE a.pid = w.pid AND (a.backend_start IS NULL OR a.backend_start = "
    "w.backend_start))))";

/// SQL of two values: the server's process of this session, and when it began. The number is 0 behind a
/// pooler, where it is another one a moment later.
std::string own_process(const Connection& connection) {
  return connection.is_pooled() ? "0, NULL::pg_catalog.timestamptz"
                                : "pg_catalog.pg_backend_pid(), (SELECT a.backend_start FROM "
                                  "pg_catalog.pg_stat_activity a WHERE "
                                  "a.pid = pg_catalog.pg_backend_pid())";
}

/// Of the worker: $1 job, $2 epoch, $3 number.
std::array<Parameter, 3> worker_parameters(const JobWorker& worker) {
  return {worker.lease.job, std::to_string(worker.lease.epoch), std::to_string(worker.number)};
}

constexpr const char* of_worker = " WHERE job = $1 AND epoch = $2 AND worker = $3";

/// Slices of workers that are dead; whether there were any.
bool free_claims_of_dead(Connection& connection, const JobWorker& worker, const std::stop_token& stop) {
  const std::array<Parameter, 2> attempt{worker.lease.job, std::to_string(worker.lease.epoch)};
  return connection
             .execute(std::string(
                          "DELETE FROM leat_meta.job_claims c WHERE c.job = $1 AND NOT EXISTS (SELECT FROM "
                          "leat_meta.job_workers w WHERE w.job = c.job AND w.epoch = c.epoch AND w.worker = "
                          "c.worker "
                          "AND w.epoch = $2 AND ") +
                          lives + ")",
                      attempt, stop)
             .affected() > 0;
}

/// What claim_after() has seen.
struct Claimed {
  std::optional<PlannedSlice> slice{};
  bool is_attempt_over = false;
  bool was_late = false;  // one was free, but another worker was faster
};

/// One statement, so that a process which is halted keeps nothing from others. It locks nothing but the
/// claim: two workers of one slice would do its work twice, and commit it once.
Claimed claim_after(Connection& connection, const JobWorker& worker, std::int64_t after,
                    const std::string& held, const std::stop_token& stop) {
  const auto mine = lease_parameters(worker.lease);
  const std::array<Parameter, 6> values{
      mine[0], mine[1], mine[2], std::to_string(worker.number), std::to_string(after), held};
  // A claim of this worker's own whose answer was not heard is none that it holds.
  const Result found = connection.execute(R"(
WITH j AS MATERIALIZED (
  SELECT FROM leat_meta.jobs WHERE name = $1 AND run = $2 AND epoch = $3 AND state = 'running'),
free AS MATERIALIZED (
  SELECT s.slice, s.definition FROM leat_meta.job_slices s
  WHERE EXISTS (SELECT FROM j) AND s.job = $1 AND s.run = $2 AND s.slice > $5
    AND NOT EXISTS (SELECT FROM leat_meta.job_claims c
                    WHERE c.job = s.job AND c.run = s.run AND c.slice = s.slice
                      AND NOT (c.epoch = $3 AND c.worker = $4 AND c.slice <> ALL ($6::pg_catalog.int8[])))
    AND NOT EXISTS (SELECT FROM leat_meta.job_ledger l
                    WHERE l.job = s.job AND l.run = s.run AND l.slice = s.slice)
  ORDER BY s.slice LIMIT 1),
claimed AS (
  INSERT INTO leat_meta.job_claims AS c (job, run, slice, epoch, worker)
  SELECT $1, $2, free.slice, $3, $4 FROM free
  ON CONFLICT (job, run, slice) DO UPDATE SET epoch = EXCLUDED.epoch, worker = EXCLUDED.worker
  WHERE c.epoch < EXCLUDED.epoch OR (c.epoch = EXCLUDED.epoch AND c.worker = EXCLUDED.worker)
  RETURNING slice)
SELECT EXISTS (SELECT FROM j), EXISTS (SELECT FROM free), f.slice, f.definition
FROM (VALUES (1)) AS one LEFT JOIN (free JOIN claimed USING (slice)) f ON true)",
                                          values, stop);
  Claimed claimed{.is_attempt_over = !found.boolean(0, 0)};
  if (found.is_null(0, 2)) {
    claimed.was_late = found.boolean(0, 1);
  } else {
    claimed.slice = PlannedSlice{.number = found.integer(0, 2), .definition = std::string(found.text(0, 3))};
  }
  return claimed;
}

/// The same, as often as another worker is faster; the slices from `after` on first, then all.
std::optional<PlannedSlice> claim_any(Connection& connection, const JobWorker& worker, std::int64_t after,
                                      const std::string& held, const std::stop_token& stop) {
  while (true) {
    Claimed claimed = claim_after(connection, worker, after, held, stop);
    if (claimed.is_attempt_over) require_lease(connection, worker.lease, JobLock::none, stop);
    if (claimed.slice) return std::move(claimed.slice);
    if (claimed.was_late) continue;
    if (after < 0) return std::nullopt;
    after = -1;
  }
}

std::string held_array(std::span<const std::int64_t> numbers) {
  std::string array = "{";
  for (const auto number : numbers) array += (array.size() == 1 ? "" : ",") + std::to_string(number);
  return array + "}";
}

}  // namespace

JobWorker enter_attempt(Connection& connection, const JobLease& lease, const std::string& holder,
                        const AttemptDetails& details, std::chrono::milliseconds duration,
                        std::stop_token stop) {
  JobWorker worker{.lease = lease};
  in_transaction(connection, stop, [&] {
    // Numbers are given under the job's lock.
    require_lease(connection, lease, JobLock::coordinator, stop);
    const std::array<Parameter, 6> values{lease.job,
                                          std::to_string(lease.epoch),
                                          std::to_string(duration.count()),
                                          holder,
                                          details.options,
                                          details.snapshot};
    const Result entered = connection.execute(
        "INSERT INTO leat_meta.job_workers (job, epoch, worker, lease_until, holder, options, snapshot, pid, "
        "backend_start) SELECT $1, $2, COALESCE(pg_catalog.max(worker), 0) + 1, " +
            time_after(3) +
            ", $4, COALESCE(pg_catalog.min(options::pg_catalog.text)::pg_catalog.jsonb, "
            "NULLIF($5, '')::pg_catalog.jsonb), $6, " +
            own_process(connection) +
            " FROM leat_meta.job_workers WHERE job = $1 AND epoch = $2 RETURNING worker",
        values, stop);
    worker.number = entered.integer(0, 0);
    // What earlier attempts have left.
    const std::array<Parameter, 2> attempt{lease.job, std::to_string(lease.epoch)};
    for (const char* table : {"job_claims", "job_workers"}) {
      static_cast<void>(connection.execute(
          std::string("DELETE FROM leat_meta.") + table + " WHERE job = $1 AND epoch < $2", attempt, stop));
    }
  });
  return worker;
}

std::optional<AttemptDetails> read_attempt(Connection& connection, const JobLease& lease,
                                           std::stop_token stop) {
  const std::array<Parameter, 2> attempt{lease.job, std::to_string(lease.epoch)};
  const Result found = connection.execute(
      std::string(
          "SELECT w.options, w.snapshot FROM leat_meta.job_workers w WHERE w.job = $1 AND w.epoch = $2 "
          "AND ") +
          lives + " ORDER BY w.snapshot IS NULL, w.worker LIMIT 1",
      attempt, stop);
  if (found.empty()) return std::nullopt;
  AttemptDetails details{.options = std::string(found.text(0, 0))};
  if (!found.is_null(0, 1)) details.snapshot = found.text(0, 1);
  return details;
}

bool has_hungry_workers(Connection& connection, const JobWorker& worker, std::stop_token stop) {
  const std::string others =
      "SELECT EXISTS (SELECT FROM leat_meta.job_workers w WHERE w.job = $1 AND w.epoch = $2 AND w.worker <> "
      "$3 "
      "AND w.is_hungry";
  const auto ask = [&](const std::string& sql) {
    return connection.execute(sql, worker_parameters(worker), stop).boolean(0, 0);
  };
  // This is asked all the time, and hardly ever so; to plan the question who lives takes ten times as long.
  return ask(others + ")") && ask(others + " AND " + lives + ")");
}

bool renew_worker(Connection& connection, const JobWorker& worker, bool is_hungry,
                  std::chrono::milliseconds duration, std::stop_token stop) {
  const auto mine = lease_parameters(worker.lease);
  const std::array<Parameter, 6> values{mine[0],
                                        mine[1],
                                        mine[2],
                                        std::to_string(worker.number),
                                        std::to_string(duration.count()),
                                        is_hungry ? "true" : "false"};
  // One statement, so that a process which is halted does not keep the job's row from others.
  const Result found = connection.execute(
      "WITH j AS (UPDATE leat_meta.jobs SET lease_until = " + time_after(5) +
          " WHERE name = $1 AND run = $2 AND epoch = $3 AND state = 'running' RETURNING name), w AS (UPDATE "
          "leat_meta.job_workers w SET lease_until = " +
          time_after(5) + ", is_hungry = $6, (pid, backend_start) = (SELECT " + own_process(connection) +
          ") FROM j WHERE w.job = j.name AND w.epoch = $3 AND w.worker = $4 RETURNING w.worker) SELECT "
          "EXISTS (SELECT FROM j), EXISTS (SELECT FROM w)",
      values, stop);
  if (!found.boolean(0, 0)) require_lease(connection, worker.lease, JobLock::none, stop);
  if (!found.boolean(0, 1)) {
    throw Error(ErrorKind::target, "this worker of the job was taken for dead", {.sqlstate = "55000"});
  }
  return has_hungry_workers(connection, worker, stop);
}

SliceClaim claim_slice(Connection& connection, const JobWorker& worker, std::int64_t after,
                       std::span<const std::int64_t> held, std::stop_token stop) {
  const std::string mine_now = held_array(held);
  SliceClaim claim{.slice = claim_any(connection, worker, after, mine_now, stop)};
  if (claim.slice) return claim;
  if (free_claims_of_dead(connection, worker, stop)) {
    claim.slice = claim_any(connection, worker, -1, mine_now, stop);
    if (claim.slice) return claim;
  }
  const auto mine = lease_parameters(worker.lease);
  const std::array<Parameter, 2> run{mine[0], mine[1]};
  const Result counts = connection.execute(
      "SELECT (SELECT pg_catalog.count(*) FROM leat_meta.job_slices WHERE job = $1 AND run = $2), (SELECT "
      "pg_catalog.count(*) FROM leat_meta.job_ledger WHERE job = $1 AND run = $2 AND rows IS NOT NULL)",
      run, stop);
  claim.counts = {.total = counts.integer(0, 0), .done = counts.integer(0, 1)};
  return claim;
}

bool claim_publication(Connection& connection, const JobWorker& worker, std::stop_token stop) {
  bool is_mine = false;
  in_transaction(connection, stop, [&] {
    require_lease(connection, worker.lease, JobLock::coordinator, stop);
    const auto mine = worker_parameters(worker);
    is_mine =
        connection
            .execute(
                std::string("UPDATE leat_meta.job_workers SET publishes = true") + of_worker +
                    " AND NOT EXISTS (SELECT FROM leat_meta.job_workers w WHERE w.job = $1 AND w.epoch = "
                    "$2 AND w.worker <> $3 AND w.publishes AND " +
                    lives + ")",
                mine, stop)
            .affected() == 1;
  });
  return is_mine;
}

void leave_attempt(Connection& connection, const JobWorker& worker, std::stop_token stop) {
  in_transaction(connection, stop, [&] {
    for (const char* table : {"job_claims", "job_workers"}) {
      static_cast<void>(connection.execute(std::string("DELETE FROM leat_meta.") + table + of_worker,
                                           worker_parameters(worker), stop));
    }
  });
}

}  // namespace leat
