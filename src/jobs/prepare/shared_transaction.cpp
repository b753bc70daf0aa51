#include "leat/jobs/options/shared_transaction.hpp"

#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/survey/commit_inquiry.hpp"

namespace leat {

SharedTransaction::SharedTransaction(std::shared_ptr<Connection> session, const std::stop_token& stop)
    : session_(std::move(session)) {
  session_->begin(jobs_detail::target_transaction, stop);
  // Which server that is, to know it again if the answer to the COMMIT is lost.
  const Result found =
      session_->execute(std::string("SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN (") +
                            jobs_detail::server_run_query + ") END",
                        {}, stop);
  if (!found.is_null(0, 0)) server_run_ = std::string(found.text(0, 0));
}

SharedTransaction::~SharedTransaction() {
  if (session_->is_open() && session_->in_transaction()) session_->rollback();
}

std::optional<std::string> SharedTransaction::commit(const std::stop_token& stop) {
  return jobs_detail::commit_or_ask(*session_, server_run_, stop);
}

}  // namespace leat
