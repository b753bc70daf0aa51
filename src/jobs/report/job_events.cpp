#include "jobs/report/job_events.hpp"

#include <string>

namespace leat::jobs_detail {

void log_begin(const Logger& log, std::string_view mode, std::string_view work) {
  log.log_event(LogLevel::info, "begin", std::string(work) + " begins", {{"mode", mode}});
}

void log_end(const Logger& log, const JobReport& report) {
  log.log_event(LogLevel::info, "end", "the job is done",
                {{"status", to_string(report.status)},
                 {"rows", report.rows_written},
                 {"bytes", report.bytes_written.count()},
                 {"rejected", report.rows_rejected},
                 {"seconds", report.elapsed}});
}

void log_end(const Logger& log, const Error& error, std::string_view work) {
  const bool is_stopped = error.kind() == ErrorKind::cancelled;
  const std::string message = is_stopped ? error.what() : std::string(work) + " has failed: " + error.what();
  log.log_event(LogLevel::info, "end", message,
                {{"status", is_stopped ? "stopped" : "failed"},
                 {"kind", to_string(error.kind())},
                 {"sqlstate", error.sqlstate()}});
}

JobReport logged_run(const Logger& log, std::string_view mode, const std::function<JobReport()>& run) {
  return logged_work(log, mode, the_job, run, [&log](const JobReport& report) { log_end(log, report); });
}

}  // namespace leat::jobs_detail
