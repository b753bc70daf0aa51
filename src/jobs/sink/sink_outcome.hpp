#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/report/job_report.hpp"

namespace leat::jobs_detail {

/// What those are told whose rows went with a transaction that has failed for another's.
[[nodiscard]] inline std::exception_ptr told_to_others(const std::exception_ptr& first) {
  try {
    std::rethrow_exception(first);
  } catch (const Error& error) {
    // Another attempt would meet the same, so it has no SQLSTATE by which it would be made.
    return std::make_exception_ptr(
        Error(error.kind(), std::string("nothing of this run is committed: ") + error.what(),
              {.detail = std::string(error.detail()), .hint = std::string(error.hint())}));
  } catch (...) {
    return first;
  }
}

/// What the end of a run throws whose transaction has failed before: the same error, by which another run may
/// be tried.
[[nodiscard]] inline std::exception_ptr told_at_end(const std::exception_ptr& first) {
  try {
    std::rethrow_exception(first);
  } catch (const Error& error) {
    return std::make_exception_ptr(
        error.with_message(std::string("nothing of this run is committed: ") + error.what()));
  } catch (...) {
    return first;
  }
}

/// A hint of jobs, in the words of a sink's options.
[[nodiscard]] inline Error in_sink_words(const Error& error, bool is_single) {
  constexpr std::string_view of_jobs = "(.max_rejects and .rejects of CopyTable and AdHocQuery)";
  std::string hint(error.hint());
  const auto at = hint.find(of_jobs);
  if (at == std::string::npos) return error;
  return error.with_hint(
      hint.replace(at, of_jobs.size(),
                   is_single ? "(.stream.max_rejects and .stream.rejects)"
                             : "(.stream.max_rejects and .stream.rejects, with CommitPoint::run)"));
}

/// Says what is missing after a failure, in the error if it is one of ours, and in the log.
inline void tell_missing(const std::string& missing, const Logger& log, std::exception_ptr& error) noexcept {
  if (missing.empty()) return;
  log.warning(missing);
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const Error& own) {
    error = std::make_exception_ptr(own.with_further_hint(missing));
  } catch (...) {  // NOLINT(bugprone-empty-catch): the log has it
  }
}

/// Takes what one run has committed into the report of all.
inline void add_report(JobReport& all, const JobReport& one) {
  all.rows_read += one.rows_read;
  all.rows_written += one.rows_written;
  all.rows_inserted += one.rows_inserted;
  all.rows_updated += one.rows_updated;
  all.rows_unchanged += one.rows_unchanged;
  all.rows_superseded += one.rows_superseded;
  all.rows_rejected += one.rows_rejected;
  all.rows_suppressed += one.rows_suppressed;
  all.rows_deleted = all.rows_deleted && one.rows_deleted
                         ? std::optional(*all.rows_deleted + *one.rows_deleted)
                         : std::nullopt;
  all.bytes_read = ByteCount{all.bytes_read.count() + one.bytes_read.count()};
  all.bytes_written = ByteCount{all.bytes_written.count() + one.bytes_written.count()};
  all.elapsed += one.elapsed;
  all.source = one.source;
  all.target = one.target;
  all.format = one.format;
  if (one.status == JobStatus::done_with_rejects) all.status = one.status;
  all.remarks.insert(all.remarks.end(), one.remarks.begin(), one.remarks.end());
}

}  // namespace leat::jobs_detail
