#include "leat/ledger/job_record.hpp"

#include <array>

#include "leat/postgres/session/detail/in_transaction.hpp"
#include "ledger/job_lease.hpp"
#include "ledger/job_leftovers.hpp"
#include "ledger/job_texts.hpp"
#include "ledger/ledger_tables.hpp"

namespace leat {
namespace {

using postgres_detail::job_text;

// Where the ledger keeps them.
constexpr const char* rejected_query =
    "(SELECT pg_catalog.count(*) FROM leat_meta.job_rejects r WHERE r.job = j.name AND r.run = j.run)";

// $1 a name, or NULL for all; what stands for {} counts rejected rows, for {live} tells of
// the lease, and for {command} is the description.
constexpr const char* record_query = R"(
SELECT j.name, j.state, j.run, j.epoch, {command}, j.holder,
  {live}, j.lease_until,
  j.source_snapshot, j.staging, j.consistent, j.has_plan, p.slices, d.slices, d.rows, d.bytes,
  j.created_at, j.acquired_at, j.finished_at, j.error, j.report, {}, j.description_hash,
  COALESCE(j.state = 'failed' AND j.lease_until > pg_catalog.clock_timestamp(), false),
  j.staging IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON
    n.oid = c.relnamespace WHERE n.nspname = 'leat_meta' AND c.relname::pg_catalog.text = j.staging)
FROM leat_meta.jobs j,
LATERAL (SELECT pg_catalog.count(*) AS slices FROM leat_meta.job_slices s
         WHERE s.job = j.name AND s.run = j.run) p,
LATERAL (SELECT pg_catalog.count(*) AS slices, COALESCE(pg_catalog.sum(l.rows), 0)::pg_catalog.int8 AS rows,
           COALESCE(pg_catalog.sum(l.bytes), 0)::pg_catalog.int8 AS bytes FROM leat_meta.job_ledger l
         WHERE l.job = j.name AND l.run = j.run) d
WHERE $1::pg_catalog.text IS NULL OR j.name = $1
ORDER BY j.name)";

JobState to_state(std::string_view text) {
  if (text == "running") return JobState::running;
  return text == "done" ? JobState::done : JobState::failed;
}

std::vector<JobRecord> read_records(Connection& connection, const postgres_detail::LedgerFacts& facts,
                                    const Parameter& name, const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{name};
  std::string sql = record_query;
  sql.replace(sql.find("{}"), 2, facts.keeps_rejects ? rejected_query : "0");
  sql.replace(sql.find("{live}"), 6, postgres_detail::is_live_sql());
  sql.replace(sql.find("{command}"), 9, postgres_detail::whole_description_sql(facts.keeps_texts));
  const Result found = connection.execute_long(sql, wanted, stop);
  std::vector<JobRecord> records;
  records.reserve(found.rows());
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const auto text = [&](std::size_t column) { return std::string(found.text(i, column)); };
    JobRecord record{.name = text(0),
                     .state = to_state(found.text(i, 1)),
                     .run = found.integer(i, 2),
                     .epoch = found.integer(i, 3),
                     .description = text(4),
                     .hash = text(22),
                     .holder = text(5),
                     .is_live = found.boolean(i, 6),
                     .will_retry = found.boolean(i, 23),
                     .lease_until = text(7),
                     .source_snapshot = text(8),
                     .is_consistent = found.boolean(i, 10),
                     .has_plan = found.boolean(i, 11),
                     .slices = found.integer(i, 12),
                     .slices_done = found.integer(i, 13),
                     .rows = found.integer(i, 14),
                     .bytes = found.integer(i, 15),
                     .rejected = found.integer(i, 21),
                     .created_at = text(16),
                     .acquired_at = text(17),
                     .finished_at = text(18),
                     .error = text(19),
                     .report = text(20)};
    record.staging_exists = found.boolean(i, 24);
    if (!found.is_null(i, 9)) record.staging = postgres_detail::to_staging(found.text(i, 9));
    records.push_back(std::move(record));
  }
  return records;
}

/// Locks the row with these words. False where there is none. @throws Error 55006 while it is live.
bool lock_idle_job(Connection& connection, const std::string& name, const std::string& lock,
                   const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{name};
  const Result found = connection.execute(
      "SELECT " + postgres_detail::is_live_sql() +
          ", holder, pg_catalog.date_trunc('second', lease_until) FROM leat_meta.jobs j WHERE name = $1 " +
          lock,
      wanted, stop);
  if (found.empty()) return false;
  if (!found.boolean(0, 0)) return true;
  throw Error(
      ErrorKind::target,
      job_text(name) + " is at work: " + std::string(found.text(0, 1)) + " has it until " +
          std::string(found.text(0, 2)),
      {.sqlstate = "55006",
       .hint = "stop it first; if it is dead, its job is free when the server has ended its sessions"});
}

/// So that no attempt goes on.
void take_from_all(Connection& connection, const std::string& name, const std::stop_token& stop) {
  const std::array<Parameter, 1> wanted{name};
  std::string epoch;
  postgres_detail::in_transaction(connection, stop, [&] {
    if (!lock_idle_job(connection, name, "FOR NO KEY UPDATE", stop)) return;
    epoch = connection
                .execute(
                    "UPDATE leat_meta.jobs SET epoch = epoch + 1, state = CASE WHEN state = 'running' "
                    "THEN 'failed' ELSE state END, lease_until = NULL WHERE name = $1 RETURNING epoch",
                    wanted, stop)
                .text(0, 0);
  });
  if (epoch.empty()) return;
  std::vector<std::string> remarks;  // what does not end is told by the lock that cannot be had
  postgres_detail::end_sessions(connection, name, std::stoll(epoch), remarks, stop);
}

void remove(Connection& connection, const postgres_detail::LedgerFacts& facts, const JobRecord& job,
            const std::stop_token& stop) {
  const std::array<Parameter, 1> name{job.name};
  const Result discarded = connection.execute(
      "SELECT pg_catalog.unnest(discarded) FROM leat_meta.jobs WHERE name = $1", name, stop);
  std::vector<TableName> stagings;
  if (job.staging) stagings.push_back(*job.staging);
  for (std::size_t i = 0; i < discarded.rows(); ++i) {
    stagings.push_back(postgres_detail::to_staging(discarded.text(i, 0)));
  }
  for (const auto& table : stagings) {
    static_cast<void>(connection.execute_long("DROP TABLE IF EXISTS " + table.sql(), {}, stop));
  }
  std::vector<std::string> tables{"job_sessions", "job_ledger", "job_slices"};
  if (facts.keeps_rejects) tables.emplace_back("job_rejects");
  if (facts.keeps_workers) {
    tables.emplace_back("job_workers");
    tables.emplace_back("job_claims");
  }
  for (const auto& table : tables) {
    static_cast<void>(
        connection.execute_long("DELETE FROM leat_meta." + table + " WHERE job = $1", name, stop));
  }
  static_cast<void>(connection.execute("DELETE FROM leat_meta.jobs WHERE name = $1", name, stop));
}

}  // namespace

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::running:
      return "running";
    case JobState::failed:
      return "failed";
    case JobState::done:
      return "done";
  }
  return "failed";
}

std::vector<JobRecord> read_jobs(Connection& connection, std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists) return {};
  postgres_detail::require_readable(connection, facts, stop);
  return read_records(connection, facts, std::nullopt, stop);
}

std::vector<std::string> read_done_jobs(Connection& connection, std::chrono::seconds since,
                                        std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists) return {};
  postgres_detail::require_readable(connection, facts, stop);
  const std::array<Parameter, 1> seconds{std::to_string(since.count())};
  const Result found = connection.execute(
      "SELECT name FROM leat_meta.jobs WHERE state = 'done' AND finished_at <= pg_catalog.clock_timestamp() "
      "- "
      "$1::pg_catalog.float8 * '1 second'::pg_catalog.interval ORDER BY name",
      seconds, stop);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < found.rows(); ++i) names.emplace_back(found.text(i, 0));
  return names;
}

std::optional<JobRecord> read_job(Connection& connection, const std::string& name, std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists) return std::nullopt;
  postgres_detail::require_readable(connection, facts, stop);
  auto records = read_records(connection, facts, name, stop);
  if (records.empty()) return std::nullopt;
  return std::move(records.front());
}

std::optional<std::string> read_definition(Connection& connection, const std::string& name,
                                           std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists) return std::nullopt;
  postgres_detail::require_readable(connection, facts, stop);
  const std::array<Parameter, 1> wanted{name};
  const Result found = connection.execute(
      "SELECT s.definition FROM leat_meta.jobs j JOIN leat_meta.job_slices s ON s.job = j.name AND s.run = "
      "j.run WHERE j.name = $1 AND j.state <> 'done' AND j.has_plan ORDER BY s.slice LIMIT 1",
      wanted, stop);
  if (found.empty()) return std::nullopt;
  return std::string(found.text(0, 0));
}

std::optional<JobRecord> forget_job(Connection& connection, const std::string& name, std::stop_token stop) {
  const auto facts = postgres_detail::look_at_ledger(connection, 0, stop);
  if (!facts.exists) return std::nullopt;
  postgres_detail::require_usable(connection, facts, stop);
  auto job = read_job(connection, name, stop);
  if (!job) return std::nullopt;
  take_from_all(connection, name, stop);
  bool was_there = false;
  postgres_detail::in_transaction(connection, stop, [&] {
    // Waits for the slices that are being committed.
    was_there = lock_idle_job(connection, name, "FOR UPDATE", stop);
    if (!was_there) return;
    job = read_job(connection, name, stop);
    remove(connection, facts, *job, stop);
  });
  return was_there ? job : std::nullopt;
}

}  // namespace leat
