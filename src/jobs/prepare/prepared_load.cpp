#include "jobs/prepare/prepared_load.hpp"

#include "jobs/options/stopped.hpp"

namespace leat::jobs_detail {

void log_start(const PreparedLoad& stream, const StreamOptions& options) {
  options.log.info("reading " + stream.plan.source + " into " + stream.plan.target + " as " +
                   std::string(to_string(stream.plan.format.format)) + ": " + stream.plan.format.reason);
  for (const auto& finding : stream.plan.findings) {
    options.log.log(finding.severity == Severity::warning ? LogLevel::warning : LogLevel::info,
                    finding.message);
  }
}

PreparedLoad prepare_run(const std::function<PreparedLoad()>& prepare) {
  auto stream = unless_stopped(prepare);
  if (has_error(stream.plan.findings)) throw to_error(stream.plan.findings);
  return stream;
}

}  // namespace leat::jobs_detail
