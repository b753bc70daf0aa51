#include "ledger/job_lease.hpp"

#include <algorithm>

namespace leat::postgres_detail {
namespace {

constexpr std::ptrdiff_t longest_name = 200;

const char* lock_sql(JobLock lock) {
  switch (lock) {
    case JobLock::none:
      return "";
    case JobLock::slice:
      return " FOR KEY SHARE";
    case JobLock::session:
      return " FOR SHARE";
    case JobLock::coordinator:
      return " FOR NO KEY UPDATE";
  }
  return "";
}

// The lock of a session that attends to an attempt. What else uses this class, or another job whose number
// and epoch are alike, makes a dead attempt look alive until its lease is over.
const std::string attendance_class = "1818583413";

// Stands in job_sessions for all sessions of an attempt behind a pooler: its server sessions live on when it
// is dead, and serve others, so nobody waits for their end, and nobody ends them.
constexpr const char* pooled_sessions = "0";

/// Number and epoch of the row in leat_meta.jobs, as 32 bits.
std::string attendance_of(const std::string& row) {
  return "(((" + row + ".id & 65535) << 16) | (" + row + ".epoch & 65535))";
}

}  // namespace

void require_job_name(const std::string& name) {
  if (name.empty()) throw Error(ErrorKind::config, "a job's name is empty");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control)) {
    throw Error(ErrorKind::config, "a job's name holds a control character");
  }
  const auto characters =
      std::count_if(name.begin(), name.end(), [](char c) { return (c & 0xc0) != 0x80; });  // of UTF-8
  if (characters > longest_name) {
    throw Error(ErrorKind::config, "a job's name has at most " + std::to_string(longest_name) +
                                       " characters, and this one " + std::to_string(characters));
  }
}

std::string job_text(const std::string& name) {
  return "job \"" + name + "\"";
}

std::array<Parameter, 3> lease_parameters(const JobLease& lease) {
  return {lease.job, std::to_string(lease.run), std::to_string(lease.epoch)};
}

void require_lease(Connection& connection, const JobLease& lease, JobLock lock, const std::stop_token& stop) {
  const std::array<Parameter, 1> name{lease.job};
  const Result found = connection.execute(
      std::string("SELECT run, epoch, state, holder FROM leat_meta.jobs WHERE name = $1") + lock_sql(lock),
      name, stop);
  std::string reason;
  if (found.empty()) {
    reason = "it was forgotten";
  } else if (found.integer(0, 1) != lease.epoch) {
    reason = "it was taken over by " + std::string(found.text(0, 3));
  } else if (found.integer(0, 0) != lease.run) {
    reason = "it was begun anew";
  } else if (found.text(0, 2) != "running") {
    reason = "it is " + std::string(found.text(0, 2));
  } else {
    return;
  }
  throw Error(
      ErrorKind::target, job_text(lease.job) + " is not this attempt's any more: " + reason,
      {.sqlstate = "55000",
       .hint = "what this attempt has committed stays; look at the other one, or run the command again"});
}

std::string is_live_sql() {
  return "(j.state = 'running' AND COALESCE(j.lease_until > pg_catalog.clock_timestamp(), false) AND (EXISTS "
         "(SELECT FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database WHERE "
         "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND d.datname = "
         "pg_catalog.current_database() AND l.classid = " +
         attendance_class + "::pg_catalog.oid AND l.objid = " + attendance_of("j") +
         "::pg_catalog.oid) OR EXISTS (SELECT FROM leat_meta.job_sessions s LEFT JOIN "
         "pg_catalog.pg_stat_activity "
         "a ON a.pid = s.pid AND (a.backend_start IS NULL OR a.backend_start = s.backend_start) WHERE s.job "
         "= "
         "j.name AND s.epoch = j.epoch AND (a.pid IS NOT NULL OR s.pid = " +
         pooled_sessions + "))))";
}

void attend(Connection& connection, const JobLease& lease, const std::stop_token& stop) {
  const std::array<Parameter, 2> attempt{lease.job, std::to_string(lease.epoch)};
  if (connection.is_pooled()) {
    static_cast<void>(connection.execute(
        std::string("INSERT INTO leat_meta.job_sessions (job, epoch, pid, backend_start) VALUES ($1, $2, ") +
            pooled_sessions + ", '-infinity') ON CONFLICT DO NOTHING",
        attempt, stop));
    return;
  }
  static_cast<void>(
      connection.execute("SELECT pg_catalog.pg_advisory_lock_shared((" + attendance_class +
                             "::pg_catalog.int8 << 32) | " + attendance_of("a") +
                             ") FROM (SELECT id, $2::pg_catalog.int8 AS epoch FROM leat_meta.jobs "
                             "WHERE name = $1) a",
                         attempt, stop));
}

std::string time_after(int parameter) {
  return "pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $" + std::to_string(parameter) +
         "::pg_catalog.int8 / 1000.0)";
}

}  // namespace leat::postgres_detail
