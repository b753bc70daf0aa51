#include "jobs/named/attempt_report.hpp"

#include <string>

#include "jobs/named/job_attempt.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/run/delivery_plan.hpp"

namespace leat::jobs_detail {

JobReport earlier_report(const JobRecord& record, const CopyTableOptions& options, JobKeeper& keeper,
                         std::string_view remark) {
  JobReport report{.source = keeper.source_label() + ": " + options.table.from,
                   .target = keeper.target_label() + ": " + options.table.target_name()};
  const auto slices = static_cast<std::size_t>(record.slices);
  report.slices_total = slices;
  report.slices_skipped = slices;
  report.consistent = record.is_consistent;
  report.rows_deleted = 0;
  std::string rows = std::to_string(record.rows) + (record.rows == 1 ? " row" : " rows");
  if (record.rejected > 0) {
    rows += ", and " + std::to_string(record.rejected) + (record.rejected == 1 ? " was" : " were") +
            " rejected then";
  }
  report.remarks.push_back("job " + record.name + " was done at " + record.finished_at + " (" + rows +
                           "): " + std::string(remark));
  return report;
}

JobReport JobAttempt::report_of(const LoadCounts& counts, const JobRecord& record) const {
  RowCounters counters;
  const std::uint64_t dropped = done_.rows_read - done_.rows_sent;
  const std::uint64_t rows =
      is_published(options_) ? static_cast<std::uint64_t>(record.rows) : counts.inserted + counts.suppressed;
  counters.rows_sent = rows + counts.rejected;
  counters.rows_read = counters.rows_sent + dropped;
  counters.bytes_read = done_.bytes_read.load();
  counters.bytes_sent = done_.bytes_sent.load();
  JobReport report = scope_->report(counters, counts);
  report.waited_for_source = moved_.waited_for_source;
  report.waited_for_target = moved_.waited_for_target;
  report.most_batches_waiting = moved_.most_batches_waiting;
  report.slices_total = static_cast<std::size_t>(record.slices);
  report.slices_done = moved_.slices_done;
  report.slices_skipped = facts_.skipped;
  report.slices_retried = moved_.slices_retried;
  report.consistent = facts_.is_consistent;
  append_all(report.remarks, facts_.remarks);
  if (counts.rejected > 0 && load_.setup.rejects) {
    report.remarks.push_back(reject_note(*load_.setup.rejects, counts.rejected, facts_.rejected_earlier));
  }
  if (!facts_.is_consistent) {
    report.remarks.emplace_back(
        "slices were read in several snapshots: rows that changed in between may be there twice or not at "
        "all");
  }
  return report;
}

}  // namespace leat::jobs_detail
