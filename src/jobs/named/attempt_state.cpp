#include "jobs/named/attempt_state.hpp"

#include <utility>

#include "jobs/prepare/prepare_target.hpp"

namespace leat::jobs_detail {

Connection& AttemptState::target(const std::stop_token& stop) {
  auto& session = load.target_session;
  if (!session->is_open()) session = connect(options.target, ErrorKind::target, options.stream, stop);
  return *session;
}

JobRecord AttemptState::read_own_record(const std::stop_token& stop) {
  auto record = read_job(target(stop), options.delivery.job, stop);
  if (!record) throw Error(ErrorKind::target, "the job was forgotten meanwhile", {.sqlstate = "55000"});
  return std::move(*record);
}

}  // namespace leat::jobs_detail
