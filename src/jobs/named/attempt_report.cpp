#include "jobs/named/attempt_report.hpp"

#include <string>

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

JobReport attempt_report(const AttemptResult& result, const LoadCounts& counts, const JobRecord& record) {
  RowCounters counters;
  const std::uint64_t dropped = result.done.rows_read - result.done.rows_sent;
  const std::uint64_t rows =
      result.is_published ? static_cast<std::uint64_t>(record.rows) : counts.inserted + counts.suppressed;
  counters.rows_sent = rows + counts.rejected;
  counters.rows_read = counters.rows_sent + dropped;
  counters.bytes_read = result.done.bytes_read.load();
  counters.bytes_sent = result.done.bytes_sent.load();
  JobReport report = result.scope.report(counters, counts);
  report.waited_for_source = result.moved.waited_for_source;
  report.waited_for_target = result.moved.waited_for_target;
  report.most_batches_waiting = result.moved.most_batches_waiting;
  report.slices_total = static_cast<std::size_t>(record.slices);
  report.slices_done = result.moved.slices_done;
  report.slices_skipped = result.facts.skipped;
  report.slices_retried = result.moved.slices_retried;
  report.consistent = result.facts.is_consistent;
  report.remarks.insert(report.remarks.end(), result.facts.remarks.begin(), result.facts.remarks.end());
  if (counts.rejected > 0 && result.load.setup.rejects) {
    report.remarks.push_back(
        reject_note(*result.load.setup.rejects, counts.rejected, result.facts.rejected_earlier));
  }
  if (!result.facts.is_consistent) {
    report.remarks.emplace_back(
        "slices were read in several snapshots: rows that changed in between may be there twice or not at "
        "all");
  }
  return report;
}

}  // namespace leat::jobs_detail
