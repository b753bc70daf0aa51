#include "jobs/options/locked_tables.hpp"

#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {

Error with_locked_tables(const Error& error, const std::string& tables) {
  if (error.sqlstate() != sqlstate::lock_not_available || !error.detail().empty()) return error;
  const Error named = error.with_detail("the lock that was waited for is one on " + tables);
  if (!error.hint().empty()) return named;
  return named.with_hint("run the job again when others have ended, or with a longer .lock_timeout");
}

}  // namespace leat::jobs_detail
