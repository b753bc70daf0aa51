#include <array>
#include <utility>

#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "ledger/job_lease.hpp"

namespace leat {
namespace {

using postgres_detail::in_transaction;
using postgres_detail::job_text;
using postgres_detail::JobLock;
using postgres_detail::lease_parameters;
using postgres_detail::require_lease;

std::string slice_text(const JobLease& lease, std::int64_t slice) {
  return "slice " + std::to_string(slice) + " of " + job_text(lease.job);
}

std::string numbers_array(std::span<const PlannedSlice> slices) {
  std::string array = "{";
  for (const auto& slice : slices) array += (array.size() == 1 ? "" : ",") + std::to_string(slice.number);
  return array + "}";
}

// $1 job, $2 run.
constexpr const char* plan_query = R"(
SELECT s.slice, s.definition, l.slice IS NOT NULL, COALESCE(l.rows, 0), COALESCE(l.bytes, 0)
FROM leat_meta.job_slices s
LEFT JOIN leat_meta.job_ledger l ON l.job = s.job AND l.run = s.run AND l.slice = s.slice
WHERE s.job = $1 AND s.run = $2
ORDER BY s.slice)";

constexpr const char* compare_query = R"(
SELECT pg_catalog.count(s.slice), pg_catalog.count(s.slice) FILTER (WHERE l.rows IS NOT NULL),
  pg_catalog.count(*) FILTER (WHERE s.slice IS NULL), (SELECT has_plan FROM leat_meta.jobs WHERE name = $1)
FROM (SELECT slice FROM leat_meta.job_slices WHERE job = $1 AND run = $2) s
FULL JOIN (SELECT slice, rows FROM leat_meta.job_ledger WHERE job = $1 AND run = $2) l USING (slice))";

void require_plan_done(Connection& connection, const JobLease& lease, const std::stop_token& stop) {
  const auto mine = lease_parameters(lease);
  const Result found = connection.execute_long(compare_query, std::span(mine).first(2), stop);
  const auto planned = found.integer(0, 0);
  const auto done = found.integer(0, 1);
  const auto unplanned = found.integer(0, 2);
  std::string reason;
  if (!found.boolean(0, 3)) {
    reason = "it has no plan";
  } else if (done != planned) {
    reason = std::to_string(done) + " of " + std::to_string(planned) + " slices are done";
  }
  if (unplanned != 0) {
    reason +=
        (reason.empty() ? "" : ", and ") + std::to_string(unplanned) + " that are done are not in the plan";
  }
  if (reason.empty()) return;
  throw Error(ErrorKind::target, job_text(lease.job) + " is not complete: " + reason,
              {.sqlstate = "55000", .hint = "nothing is published; run the command again"});
}

}  // namespace

void Ledger::store_plan(const JobLease& lease, std::span<const PlannedSlice> slices, std::stop_token stop) {
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    const std::array<Parameter, 1> name{lease.job};
    if (connection_
            .execute("UPDATE leat_meta.jobs SET has_plan = true WHERE name = $1 AND NOT has_plan", name, stop)
            .affected() != 1) {
      throw Error(ErrorKind::target, job_text(lease.job) + " has a plan already", {.sqlstate = "55000"});
    }
    std::vector<std::string> definitions;
    definitions.reserve(slices.size());
    for (const auto& slice : slices) definitions.push_back(slice.definition);
    const auto mine = lease_parameters(lease);
    const std::array<Parameter, 4> values{mine[0], mine[1], numbers_array(slices),
                                          postgres_detail::text_array(definitions)};
    static_cast<void>(connection_.execute_long(
        "INSERT INTO leat_meta.job_slices (job, run, slice, definition) "
        "SELECT $1, $2, p.slice, p.definition::pg_catalog.jsonb FROM ROWS FROM "
        "(pg_catalog.unnest($3::pg_catalog.int8[]), pg_catalog.unnest($4::pg_catalog.text[])) AS "
        "p (slice, definition)",
        values, stop));
  });
}

std::vector<PlannedSlice> Ledger::read_plan(const JobLease& lease, std::stop_token stop) {
  std::vector<PlannedSlice> plan;
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::none, stop);
    const auto mine = lease_parameters(lease);
    const Result found = connection_.execute_long(plan_query, std::span(mine).first(2), stop);
    plan.reserve(found.rows());
    for (std::size_t i = 0; i < found.rows(); ++i) {
      plan.push_back({.number = found.integer(i, 0),
                      .definition = std::string(found.text(i, 1)),
                      .is_done = found.boolean(i, 2),
                      .rows = found.integer(i, 3),
                      .bytes = found.integer(i, 4)});
    }
  });
  return plan;
}

std::optional<std::int64_t> Ledger::cut(const JobLease& lease, const PlannedSlice& head,
                                        const std::string& rest, std::stop_token stop) {
  std::optional<std::int64_t> result;
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    const auto mine = lease_parameters(lease);
    const std::string number = std::to_string(head.number);
    const std::array<Parameter, 3> slice{mine[0], mine[1], number};
    // end_slice() holds the row until the COMMIT; whoever comes later sees the new definition.
    const std::string of_slice = "FROM leat_meta.job_slices WHERE job = $1 AND run = $2 AND slice = $3";
    if (connection_.execute("SELECT slice " + of_slice + " FOR NO KEY UPDATE SKIP LOCKED", slice, stop)
            .empty()) {
      if (!connection_.execute("SELECT slice " + of_slice, slice, stop).empty()) return;
      throw Error(ErrorKind::target, slice_text(lease, head.number) + " is not in its plan",
                  {.sqlstate = "55000"});
    }
    if (!connection_
             .execute("SELECT slice FROM leat_meta.job_ledger WHERE job = $1 AND run = $2 AND slice = $3",
                      slice, stop)
             .empty()) {
      return;
    }
    const std::array<Parameter, 4> shortened{mine[0], mine[1], number, head.definition};
    static_cast<void>(connection_.execute(
        "UPDATE leat_meta.job_slices SET definition = $4 WHERE job = $1 AND run = $2 AND slice = $3",
        shortened, stop));
    // The job's row is locked, so nobody else gives numbers meanwhile.
    const std::array<Parameter, 3> added{mine[0], mine[1], rest};
    result = connection_
                 .execute(
                     "INSERT INTO leat_meta.job_slices (job, run, slice, definition) SELECT $1, $2, "
                     "pg_catalog.max(slice) + 1, $3::pg_catalog.jsonb FROM leat_meta.job_slices WHERE job = "
                     "$1 AND run = $2 "
                     "RETURNING slice",
                     added, stop)
                 .integer(0, 0);
  });
  return result;
}

void Ledger::require_complete(const JobLease& lease, std::stop_token stop) {
  require_lease(connection_, lease, JobLock::none, stop);
  require_plan_done(connection_, lease, stop);
}

void Ledger::finish(const JobLease& lease, const std::string& report, std::stop_token stop) {
  if (!connection_.in_transaction() ||
      connection_.execute("SELECT pg_catalog.current_setting('transaction_isolation')", {}, stop)
              .text(0, 0) != "read committed") {
    throw Error(ErrorKind::config, "a job is finished within a transaction that is READ COMMITTED");
  }
  require_lease(connection_, lease, JobLock::coordinator, stop);
  require_plan_done(connection_, lease, stop);
  const std::array<Parameter, 2> values{lease.job, report};
  static_cast<void>(connection_.execute(
      "UPDATE leat_meta.jobs SET state = 'done', lease_until = NULL, error = NULL, report = $2, "
      "finished_at = pg_catalog.clock_timestamp() WHERE name = $1",
      values, stop));
  // Nobody works on it any more.
  const std::array<Parameter, 1> name{lease.job};
  for (const char* table : {"job_claims", "job_workers"}) {
    static_cast<void>(
        connection_.execute(std::string("DELETE FROM leat_meta.") + table + " WHERE job = $1", name, stop));
  }
}

bool Ledger::was_finished(const JobLease& lease, std::stop_token stop) {
  bool is_done = false;
  in_transaction(connection_, stop, [&] {
    // The row is found by its name alone, so that one that is being changed is waited for.
    const Result found = connection_.execute(
        "SELECT run = $2 AND epoch = $3 AND state = 'done' FROM leat_meta.jobs WHERE name = $1 FOR SHARE",
        lease_parameters(lease), stop);
    is_done = !found.empty() && found.boolean(0, 0);
  });
  return is_done;
}

}  // namespace leat
