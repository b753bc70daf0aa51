#include "leat/ledger/slice_ledger.hpp"

#include <array>
#include <utility>
#include <vector>

#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "leat/postgres/session/detail/local_setting.hpp"
#include "leat/postgres/session/sqlstate.hpp"
#include "ledger/job_lease.hpp"

namespace leat {
namespace {

using postgres_detail::in_new_transaction;
using postgres_detail::in_transaction;
using postgres_detail::job_text;
using postgres_detail::JobLock;
using postgres_detail::lease_parameters;
using postgres_detail::require_lease;

/// Puts the slice's row into the ledger, unless another transaction has; one that is open is waited for.
/// False where its row is there.
bool claim(Connection& connection, const JobLease& lease, std::int64_t slice,
           std::chrono::milliseconds lock_timeout, const std::stop_token& stop) {
  postgres_detail::LocalSetting wait(connection, "lock_timeout", std::to_string(lock_timeout.count()), stop);
  const auto mine = lease_parameters(lease);
  const std::array<Parameter, 4> values{mine[0], mine[1], std::to_string(slice), mine[2]};
  bool is_claimed = false;
  try {
    is_claimed = connection
                     .execute_long(
                         "INSERT INTO leat_meta.job_ledger (job, run, slice, epoch) "
                         "VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                         values, stop)
                     .affected() == 1;
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::lock_not_available) throw;
    throw Error(error.kind(),
                "slice " + std::to_string(slice) + " of " + job_text(lease.job) +
                    " is held by another session, which does not end",
                {.sqlstate = sqlstate::lock_not_available,
                 .detail = error.what(),
                 .hint = "it may be one whose client is gone: the server ends it in time, or "
                         "pg_terminate_backend() does"});
  }
  wait.restore(stop);
  return is_claimed;
}

}  // namespace

void register_session(Connection& connection, const JobLease& lease, std::stop_token stop) {
  register_session_of(connection, connection, lease, std::move(stop));
}

void register_session_of(Connection& connection, const Connection& other, const JobLease& lease,
                         std::stop_token stop) {
  in_transaction(connection, stop, [&] {
    // Whoever takes the job over after this finds the session.
    require_lease(connection, lease, JobLock::session, stop);
    if (other.is_pooled()) return;
    const std::array<Parameter, 3> values{lease.job, std::to_string(lease.epoch),
                                          std::to_string(other.backend_pid())};
    static_cast<void>(connection.execute(
        "INSERT INTO leat_meta.job_sessions (job, epoch, pid, backend_start) SELECT $1, $2, pid, "
        "backend_start FROM pg_catalog.pg_stat_activity WHERE pid = $3::pg_catalog.int4 "
        "ON CONFLICT DO NOTHING",
        values, stop));
  });
}

SliceBegin begin_slice(Connection& connection, const JobLease& lease, std::int64_t slice,
                       std::chrono::milliseconds lock_timeout, std::stop_token stop) {
  const bool is_claimed = in_new_transaction(connection, stop, [&] {
    const bool is_mine = claim(connection, lease, slice, lock_timeout, stop);
    // After what may have been a long wait.
    require_lease(connection, lease, JobLock::slice, stop);
    return is_mine;
  });
  if (is_claimed) return SliceBegin::begun;
  connection.rollback();
  return SliceBegin::already_done;
}

void keep_reject(Connection& connection, const JobLease& lease, std::int64_t slice, std::int64_t number,
                 std::span<const Parameter> fields, std::stop_token stop) {
  const auto mine = lease_parameters(lease);
  std::vector<Parameter> values{mine[0], mine[1], std::to_string(slice), std::to_string(number)};
  std::string places;
  for (const auto& field : fields) {
    values.push_back(field);
    places += (places.empty() ? "$" : ", $") + std::to_string(values.size());
  }
  static_cast<void>(connection.execute(
      "INSERT INTO leat_meta.job_rejects (job, run, slice, number, fields) VALUES ($1, $2, $3, $4, ARRAY[" +
          places + "]::pg_catalog.text[])",
      values, stop));
}

void end_slice(Connection& connection, const JobLease& lease, const LedgerLine& line, std::stop_token stop) {
  require_lease(connection, lease, JobLock::none, stop);
  const auto mine = lease_parameters(lease);
  const std::string number = std::to_string(line.number);
  const std::string text = "slice " + number + " of " + job_text(lease.job);
  const std::array<Parameter, 4> planned{mine[0], mine[1], number, line.definition};
  // Held until the COMMIT, so that nobody cuts it now.
  const Result found = connection.execute(
      "SELECT definition = $4::pg_catalog.jsonb FROM leat_meta.job_slices WHERE job = $1 AND run = $2 AND "
      "slice = $3 FOR SHARE",
      planned, stop);
  if (found.empty()) {
    throw Error(ErrorKind::target, text + " is not in its plan", {.sqlstate = "55000"});
  }
  if (!found.boolean(0, 0)) {
    throw Error(ErrorKind::target, text + " was cut meanwhile, and not by this attempt",
                {.sqlstate = "55000", .hint = "another attempt does the rest"});
  }
  const std::array<Parameter, 6> values{
      mine[0], mine[1], number, mine[2], std::to_string(line.rows), std::to_string(line.bytes)};
  if (connection
          .execute("UPDATE leat_meta.job_ledger SET rows = $5, bytes = $6, committed_at = "
                   "pg_catalog.clock_timestamp() WHERE job = $1 AND run = $2 AND slice = $3 AND epoch = $4 "
                   "AND rows IS NULL",
                   values, stop)
          .affected() != 1) {
    throw Error(ErrorKind::target, text + " was not begun in this transaction", {.sqlstate = "55000"});
  }
}

void put_slice(Connection& connection, const JobLease& lease, const LedgerLine& line,
               std::chrono::milliseconds lock_timeout, std::stop_token stop) {
  if (!claim(connection, lease, line.number, lock_timeout, stop)) {
    throw Error(ErrorKind::target,
                "slice " + std::to_string(line.number) + " of " + job_text(lease.job) + " is done already",
                {.sqlstate = "55000"});
  }
  end_slice(connection, lease, line, std::move(stop));
}

std::uint64_t rows_of_attempt(Connection& connection, const JobLease& lease, std::stop_token stop) {
  return static_cast<std::uint64_t>(
      connection
          .execute(
              "SELECT COALESCE(pg_catalog.sum(rows), 0)::pg_catalog.int8 FROM leat_meta.job_ledger WHERE job "
              "= $1 AND run = $2 AND epoch = $3",
              lease_parameters(lease), stop)
          .integer(0, 0));
}

bool was_committed(Connection& connection, const JobLease& lease, std::int64_t slice,
                   std::chrono::milliseconds limit, std::stop_token stop) {
  // A row that can be put there is not there.
  const bool is_there =
      !in_new_transaction(connection, stop, [&] { return claim(connection, lease, slice, limit, stop); });
  connection.rollback();
  return is_there;
}

}  // namespace leat
