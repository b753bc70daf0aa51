#include "leat/ledger/done_job.hpp"

#include <array>

#include "leat/postgres/session/detail/questions.hpp"
#include "leat/postgres/session/sqlstate.hpp"
#include "ledger/job_lease.hpp"

namespace leat {
namespace {

// One statement, since each waits for the server. A job of one slice, as those that are read back.
constexpr const char* put_query = R"(
WITH j AS (
  INSERT INTO leat_meta.jobs (name, description, description_hash, state, epoch, holder, has_plan, acquired_at,
                              finished_at, report)
  VALUES ($1, $2::pg_catalog.jsonb, $3, 'done', 1, $4, true, pg_catalog.now(), pg_catalog.clock_timestamp(),
          $5::pg_catalog.jsonb)
  ON CONFLICT DO NOTHING RETURNING name, run, epoch),
s AS (INSERT INTO leat_meta.job_slices (job, run, slice, definition) SELECT name, run, 1, '{}' FROM j),
l AS (INSERT INTO leat_meta.job_ledger (job, run, slice, epoch, rows, bytes, committed_at)
      SELECT name, run, 1, epoch, $6::pg_catalog.int8, $7::pg_catalog.int8, pg_catalog.clock_timestamp() FROM j)
SELECT pg_catalog.count(*) FROM j)";

}  // namespace

bool put_done_job(Connection& connection, const DoneJob& job, const std::stop_token& stop) {
  const JobRequest& request = job.request;
  const std::array<Parameter, 7> values{request.job,
                                        request.description,
                                        request.hash,
                                        request.holder,
                                        job.report,
                                        std::to_string(job.rows),
                                        std::to_string(job.bytes)};
  try {
    if (postgres_detail::ask_one(connection, put_query, values, stop).integer(0, 0) == 1) return true;
  } catch (const Error& error) {
    if (error.sqlstate() != sqlstate::lock_not_available) throw;
    throw error.with_message("another process is about to commit " + postgres_detail::job_text(request.job))
        .with_hint("wait for its end, and run this again: what it has committed is not loaded twice");
  }
  Ledger(connection).check_command(request, stop);
  const auto found = read_job(connection, request.job, stop);
  if (found && found->state == JobState::done) return false;
  throw Error(ErrorKind::target,
              postgres_detail::job_text(request.job) + " was begun in slices, and is not done" +
                  (found ? ": " + found->holder : ""),
              {.sqlstate = "55006",
               .hint = "run it as it was begun, or give this one another name; leat jobs forget removes what "
                       "is known of it"});
}

}  // namespace leat
