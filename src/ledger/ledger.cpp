#include "leat/ledger/ledger.hpp"

#include <array>
#include <optional>

#include "leat/postgres/session/detail/in_transaction.hpp"
#include "ledger/job_lease.hpp"
#include "ledger/job_leftovers.hpp"
#include "ledger/job_texts.hpp"
#include "ledger/ledger_tables.hpp"

namespace leat {
namespace {

using postgres_detail::command_difference;
using postgres_detail::in_transaction;
using postgres_detail::job_text;
using postgres_detail::JobLock;
using postgres_detail::lease_parameters;
using postgres_detail::require_lease;

/// A job's row as acquire() finds it.
struct FoundJob {
  std::string state{};
  std::string hash{};
  std::string description{};
  std::int64_t epoch = 0;
  bool is_live = false;
  std::string busy{};  // until when, and who has it
  std::string sessions{};
};

FoundJob lock_job(Connection& connection, const std::string& job, const std::stop_token& stop) {
  const std::array<Parameter, 1> name{job};
  const Result found = connection.execute(
      "SELECT state, description_hash, " + postgres_detail::whole_description_sql(true) + ", epoch, " +
          postgres_detail::is_live_sql() +
          ", holder, pg_catalog.date_trunc('second', lease_until), "
          "pg_catalog.ceil(EXTRACT(epoch FROM lease_until - pg_catalog.clock_timestamp())) "
          "FROM leat_meta.jobs j WHERE name = $1 FOR NO KEY UPDATE",
      name, stop);
  if (found.empty()) {
    throw Error(ErrorKind::target, job_text(job) + " was forgotten just now",
                {.sqlstate = "40001", .hint = "try again"});
  }
  FoundJob result{.state = std::string(found.text(0, 0)),
                  .hash = std::string(found.text(0, 1)),
                  .description = std::string(found.text(0, 2)),
                  .epoch = found.integer(0, 3),
                  .is_live = found.boolean(0, 4)};
  if (!result.is_live) return result;
  result.busy = std::string(found.text(0, 5)) + " has it until " + std::string(found.text(0, 6)) + " (" +
                std::string(found.text(0, 7)) + " s from now) unless it renews that";
  const std::array<Parameter, 2> attempt{job, std::to_string(result.epoch)};
  result.sessions = connection
                        .execute(
                            "SELECT pg_catalog.count(*) FROM leat_meta.job_sessions s JOIN "
                            "pg_catalog.pg_stat_activity a ON a.pid = s.pid AND (a.backend_start IS NULL OR "
                            "a.backend_start = s.backend_start) WHERE s.job = $1 AND s.epoch = $2",
                            attempt, stop)
                        .text(0, 0);
  return result;
}

[[noreturn]] void throw_busy(const JobRequest& request, const FoundJob& found) {
  throw Error(
      ErrorKind::target, job_text(request.job) + " is at work: " + found.busy,
      {.sqlstate = "55006",
       .detail = "of the sessions that it has registered, " + found.sessions + " are connected",
       .hint = "wait for its end, or give this one another name; if it is dead, its job is free when the "
               "server has ended its sessions, or when its time is over"});
}

void require_same_command(const JobRequest& request, const FoundJob& found) {
  const std::string differences = command_difference(request, found.hash, found.description);
  if (differences.empty()) return;
  throw Error(ErrorKind::config, job_text(request.job) + " was begun by another command: " + differences,
              {.hint = ".restart begins it anew, as this command; or give this one another name, or run the "
                       "command that began it"});
}

/// Discards the run, within the open transaction: what belongs to it does not count any more. Returns the
/// number of the new one.
std::int64_t discard_run(Connection& connection, const std::string& job, const std::stop_token& stop) {
  const std::array<Parameter, 1> name{job};
  return connection
      .execute(
          "UPDATE leat_meta.jobs SET run = run + 1, has_plan = false, consistent = true, "
          "source_snapshot = NULL, report = NULL, staging = NULL, discarded = CASE WHEN staging IS "
          "NULL THEN discarded ELSE pg_catalog.array_append(discarded, staging) END "
          "WHERE name = $1 RETURNING run",
          name, stop)
      .integer(0, 0);
}

bool insert_job(Connection& connection, const JobRequest& request, const std::stop_token& stop) {
  const std::array<Parameter, 4> values{request.job, request.description, request.hash, request.holder};
  return connection
             .execute(
                 "INSERT INTO leat_meta.jobs (name, description, description_hash, state, holder) "
                 "VALUES ($1, $2, $3, 'failed', $4) ON CONFLICT DO NOTHING",
                 values, stop)
             .affected() == 1;
}

JobLease take(Connection& connection, const JobRequest& request, const std::stop_token& stop) {
  const std::array<Parameter, 5> values{request.job, request.holder, std::to_string(request.lease.count()),
                                        request.description, request.hash};
  const Result taken = connection.execute(
      "UPDATE leat_meta.jobs SET state = 'running', epoch = epoch + 1, holder = $2, lease_until = " +
          postgres_detail::time_after(3) +
          ", description = $4, description_hash = $5, acquired_at = pg_catalog.clock_timestamp(), "
          "finished_at = NULL WHERE name = $1 RETURNING run, epoch",
      values, stop);
  return {.job = request.job, .run = taken.integer(0, 0), .epoch = taken.integer(0, 1)};
}

/// Where the caller will not learn that it has the job.
void give_back(Ledger& ledger, const Connection& connection, const JobLease& lease) noexcept {
  try {
    if (lease.epoch != 0 && connection.is_idle()) ledger.release(lease, "it ended before its first slice");
  } catch (...) {  // its time runs out by itself
  }
}

void require_valid(const JobRequest& request) {
  postgres_detail::require_job_name(request.job);
  if (request.lease.count() < 0) throw Error(ErrorKind::config, "a job's lease is shorter than nothing");
}

}  // namespace

void Ledger::prepare(Oid table, std::stop_token stop) {
  auto facts = postgres_detail::look_at_ledger(connection_, table, stop);
  if (!facts.exists ||
      (facts.is_complete && !(facts.keeps_rejects && facts.keeps_texts && facts.keeps_workers))) {
    postgres_detail::make_ledger(connection_, table, stop);
    facts = postgres_detail::look_at_ledger(connection_, table, stop);
  }
  postgres_detail::require_usable(connection_, facts, stop);
}

void Ledger::check(Oid table, bool has_staging, std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection_, table, stop);
  if (facts.exists) {
    postgres_detail::require_usable(connection_, facts, stop);
    postgres_detail::require_may_upgrade(connection_, facts, stop);
    if (!has_staging) return;
  }
  postgres_detail::require_may_make(connection_, facts.role,
                                    facts.exists ? "the table that collects slices" : "the ledger", stop);
}

void Ledger::check_command(const JobRequest& request, std::stop_token stop) {
  require_valid(request);
  const auto record = read_job(connection_, request.job, stop);
  if (record) require_same_command(request, {.hash = record->hash, .description = record->description});
}

AcquiredJob Ledger::acquire(const JobRequest& request, std::stop_token stop) {
  require_valid(request);
  AcquiredJob job;
  in_transaction(connection_, stop, [&] {
    // A crash of the server must not give the same epoch twice.
    static_cast<void>(
        connection_.execute("SELECT pg_catalog.set_config('synchronous_commit', 'on', true) WHERE "
                            "pg_catalog.current_setting('synchronous_commit') = 'off'",
                            {}, stop));
    const bool is_new = insert_job(connection_, request, stop);
    const FoundJob found = lock_job(connection_, request.job, stop);
    if (found.is_live) throw_busy(request, found);
    const bool restarts = !is_new && request.earlier == EarlierRun::restart;
    if (!restarts) require_same_command(request, found);
    if (!restarts && found.state == "done") {
      job.outcome = JobOutcome::already_done;
      return;
    }
    job.outcome = is_new ? JobOutcome::created : restarts ? JobOutcome::restarted : JobOutcome::resumed;
    if (restarts) discard_run(connection_, request.job, stop);
    job.lease = take(connection_, request, stop);
    postgres_detail::store_texts(connection_, request, stop);
    postgres_detail::attend(connection_, job.lease, stop);
  });
  try {
    if (job.outcome != JobOutcome::already_done) {
      postgres_detail::end_sessions(connection_, request.job, job.lease.epoch, job.remarks, stop);
      postgres_detail::clear_discarded(connection_, request.job, job.remarks, stop);
    }
    job.record = read_job(connection_, request.job, stop).value_or(JobRecord{.name = request.job});
  } catch (...) {
    give_back(*this, connection_, job.lease);
    throw;
  }
  return job;
}

void Ledger::renew(const JobLease& lease, std::chrono::milliseconds duration, std::stop_token stop) {
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    const std::array<Parameter, 2> values{lease.job, std::to_string(duration.count())};
    static_cast<void>(connection_.execute(
        "UPDATE leat_meta.jobs SET lease_until = " + postgres_detail::time_after(2) + " WHERE name = $1",
        values, stop));
  });
}

void Ledger::release(const JobLease& lease, const std::string& error, std::chrono::milliseconds next_within,
                     std::stop_token stop) {
  in_transaction(connection_, stop, [&] {
    const auto mine = lease_parameters(lease);
    const std::array<Parameter, 4> values{lease.job, mine[2], error, std::to_string(next_within.count())};
    static_cast<void>(connection_.execute(
        "UPDATE leat_meta.jobs SET state = 'failed', lease_until = CASE WHEN $4::pg_catalog.int8 > 0 THEN " +
            postgres_detail::time_after(4) +
            " END, error = $3 WHERE name = $1 AND epoch = $2 AND state = 'running'",
        values, stop));
  });
}

void Ledger::attend(const JobLease& lease, std::stop_token stop) {
  postgres_detail::attend(connection_, lease, stop);
}

JobLease Ledger::new_run(const JobLease& lease, std::vector<std::string>& remarks, std::stop_token stop) {
  JobLease next = lease;
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    next.run = discard_run(connection_, lease.job, stop);
  });
  postgres_detail::clear_discarded(connection_, lease.job, remarks, stop);
  return next;
}

TableName Ledger::name_staging(const JobLease& lease, std::stop_token stop) {
  TableName staging;
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    const std::array<Parameter, 1> name{lease.job};
    const Result found = connection_.execute("SELECT id FROM leat_meta.jobs WHERE name = $1", name, stop);
    staging = postgres_detail::staging_name(found.integer(0, 0), lease.run);
    const std::array<Parameter, 2> values{lease.job, staging.name};
    static_cast<void>(
        connection_.execute("UPDATE leat_meta.jobs SET staging = $2 WHERE name = $1", values, stop));
  });
  return staging;
}

void Ledger::set_source(const JobLease& lease, const std::string& snapshot, SourceConsistency consistency,
                        std::stop_token stop) {
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::coordinator, stop);
    const std::array<Parameter, 3> values{lease.job, snapshot,
                                          consistency == SourceConsistency::one_snapshot ? "true" : "false"};
    static_cast<void>(connection_.execute(
        "UPDATE leat_meta.jobs SET source_snapshot = $2, consistent = $3 WHERE name = $1", values, stop));
  });
}

void Ledger::hold(const JobLease& lease, const std::function<void(Connection&)>& use, std::stop_token stop) {
  in_transaction(connection_, stop, [&] {
    require_lease(connection_, lease, JobLock::session, stop);
    use(connection_);
  });
}

}  // namespace leat
