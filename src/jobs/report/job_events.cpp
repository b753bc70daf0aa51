#include "jobs/report/job_events.hpp"

#include <string>

namespace leat::jobs_detail {

void log_begin(const Logger& log, std::string_view mode) {
  log.log_event(LogLevel::info, "begin", "the job begins", {{"mode", mode}});
}

void log_end(const Logger& log, const JobReport& report) {
  log.log_event(LogLevel::info, "end", "the job is done",
                {{"status", to_string(report.status)},
                 {"rows", report.rows_written},
                 {"bytes", report.bytes_written.count()},
                 {"rejected", report.rows_rejected},
                 {"seconds", report.elapsed}});
}

void log_end(const Logger& log, const Error& error) {
  const bool is_stopped = error.kind() == ErrorKind::cancelled;
  const std::string message = is_stopped ? error.what() : std::string("the job has failed: ") + error.what();
  log.log_event(LogLevel::info, "end", message,
                {{"status", is_stopped ? "stopped" : "failed"},
                 {"kind", to_string(error.kind())},
                 {"sqlstate", error.sqlstate()}});
}

JobReport logged_run(const Logger& log, std::string_view mode, const std::function<JobReport()>& run) {
  log_begin(log, mode);
  try {
    JobReport report = run();
    log_end(log, report);
    return report;
  } catch (const Error& error) {
    log_end(log, error);
    throw;
  }
}

}  // namespace leat::jobs_detail
