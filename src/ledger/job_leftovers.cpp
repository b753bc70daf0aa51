#include "ledger/job_leftovers.hpp"

#include <algorithm>
#include <array>

#include "leat/ledger/detail/meta_schema.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"

namespace leat::postgres_detail {
namespace {

constexpr std::string_view staging_prefix = "stage_";

// $1 job, $2 epoch. Of other roles' sessions a role may see no more than that there is one of that number.
constexpr const char* session_query = R"(
SELECT s.pid, s.backend_start, a.backend_start IS NULL
FROM leat_meta.job_sessions s
JOIN pg_catalog.pg_stat_activity a ON a.pid = s.pid AND
  (a.backend_start IS NULL OR a.backend_start = s.backend_start)
WHERE s.job = $1 AND s.epoch < $2::pg_catalog.int8 AND a.datname = pg_catalog.current_database() AND
  s.pid <> pg_catalog.pg_backend_pid())";

constexpr const char* end_query = R"(
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE pid = $1::pg_catalog.int4 AND backend_start = $2::pg_catalog.timestamptz)";

}  // namespace

TableName staging_name(std::int64_t job_id, std::int64_t run) {
  return {.schema = meta_schema,
          .name = std::string(staging_prefix) + std::to_string(job_id) + "_" + std::to_string(run)};
}

TableName to_staging(std::string_view name) {
  const auto is_ours = [](char c) { return (c >= '0' && c <= '9') || c == '_'; };
  if (!name.starts_with(staging_prefix) ||
      !std::all_of(name.begin() + staging_prefix.size(), name.end(), is_ours)) {
    throw Error(ErrorKind::target,
                "the ledger names a staging table that is none of leat's: " + std::string(name),
                {.sqlstate = "55000", .hint = "look who has changed leat_meta.jobs"});
  }
  return {.schema = meta_schema, .name = std::string(name)};
}

void end_sessions(Connection& connection, const std::string& job, std::int64_t epoch,
                  std::vector<std::string>& remarks, const std::stop_token& stop) {
  const std::array<Parameter, 2> before{job, std::to_string(epoch)};
  const Result found = connection.execute(session_query, before, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::string who = "session " + std::string(found.text(i, 0)) + " of an earlier attempt ";
    if (found.boolean(i, 2)) {
      remarks.push_back(who + "may be at work still: this role may not see whose it is");
      continue;
    }
    const std::array<Parameter, 2> session{std::string(found.text(i, 0)), std::string(found.text(i, 1))};
    try {
      static_cast<void>(connection.execute(end_query, session, stop));
    } catch (const Error& error) {
      if (!connection.is_open()) throw;
      remarks.push_back(who + "could not be ended: " + error.what());
    }
  }
  static_cast<void>(connection.execute(
      "DELETE FROM leat_meta.job_sessions WHERE job = $1 AND epoch < $2::pg_catalog.int8 AND pid NOT IN "
      "(SELECT pid FROM pg_catalog.pg_stat_activity WHERE pid IS NOT NULL)",
      before, stop));
}

void clear_discarded(Connection& connection, const std::string& job, std::vector<std::string>& remarks,
                     const std::stop_token& stop) {
  const std::array<Parameter, 1> name{job};
  const auto attempt = [&](auto&& removal) {
    try {
      in_transaction(connection, stop, removal);
    } catch (const Error& error) {
      if (!connection.is_open()) throw;
      remarks.push_back("what a discarded run has left could not be removed: " + std::string(error.what()));
    }
  };
  for (const char* table : {"job_slices", "job_ledger", "job_claims"}) {
    attempt([&] {
      static_cast<void>(connection.execute_long(
          std::string("DELETE FROM leat_meta.") + table +
              " WHERE job = $1 AND run < (SELECT run FROM leat_meta.jobs WHERE name = $1)",
          name, stop));
    });
  }
  const Result found = connection.execute(
      "SELECT pg_catalog.unnest(discarded) FROM leat_meta.jobs WHERE name = $1", name, stop);
  for (std::size_t i = 0; i < found.rows(); ++i) {
    attempt([&] {
      const TableName staging = to_staging(found.text(i, 0));
      static_cast<void>(connection.execute_long("DROP TABLE IF EXISTS " + staging.sql(), {}, stop));
      const std::array<Parameter, 2> dropped{job, staging.name};
      static_cast<void>(
          connection.execute("UPDATE leat_meta.jobs SET discarded = pg_catalog.array_remove(discarded, "
                             "$2::pg_catalog.text) WHERE name = $1",
                             dropped, stop));
    });
  }
}

}  // namespace leat::postgres_detail
