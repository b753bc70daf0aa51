#include "postgres/job_lease.hpp"

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

std::string time_after(int parameter) {
  return "pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $" + std::to_string(parameter) +
         "::pg_catalog.int8 / 1000.0)";
}

}  // namespace leat::postgres_detail
