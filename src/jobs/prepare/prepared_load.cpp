#include "jobs/prepare/prepared_load.hpp"

#include "jobs/options/stopped.hpp"

namespace leat::jobs_detail {

void log_start(const PreparedLoad& stream, const StreamOptions& options) {
  const auto format = to_string(stream.plan.format.format);
  options.log.log_event(LogLevel::info, "plan",
                        "reading " + stream.plan.source + " into " + stream.plan.target + " as " +
                            std::string(format) + ": " + stream.plan.format.reason,
                        {{"source", stream.plan.source},
                         {"target", stream.plan.target},
                         {"format", format},
                         {"slices", stream.slices ? stream.slices->slices.size() : 1}});
  for (const auto& finding : stream.plan.findings) {
    options.log.log_event(finding.severity == Severity::warning ? LogLevel::warning : LogLevel::info,
                          "finding", finding.message, {{"code", finding.code}});
  }
}

PreparedLoad prepare_run(const std::function<PreparedLoad()>& prepare) {
  auto stream = unless_stopped(prepare);
  if (has_error(stream.plan.findings)) throw to_error(stream.plan.findings);
  return stream;
}

}  // namespace leat::jobs_detail
