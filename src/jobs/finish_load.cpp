#include <utility>

#include "jobs/stream_job.hpp"

namespace leat::jobs_detail {

JobReport finished_report(const PreparedStream& stream, const JobCounters& counters,
                          const LoadCounts& counts) {
  auto remarks = stream.creation.remarks;
  if (stream.indexes) {
    const auto& notes = stream.indexes->notes();
    remarks.insert(remarks.end(), notes.begin(), notes.end());
  }
  if (stream.verification && !stream.verification->note().empty()) {
    remarks.push_back(stream.verification->note());
  }
  const auto& notes = stream.load->notes();
  remarks.insert(remarks.end(), notes.begin(), notes.end());
  JobReport report{.source = stream.plan.source,
                   .target = stream.plan.target,
                   .rows_read = counters.rows_read,
                   .rows_dropped = counters.rows_read - counters.rows_sent,
                   .bytes_read = ByteCount{counters.bytes_read},
                   .bytes_written = ByteCount{counters.bytes_sent},
                   .elapsed = SteadyClock::now() - stream.started,
                   .format = stream.plan.format,
                   .remarks = std::move(remarks)};
  add_counts(report, counts);
  return report;
}

LoadCounts finish_load(PreparedStream& stream, std::uint64_t rows_sent, const std::stop_token& stop) {
  LoadTarget& load = *stream.load;
  load.end_copy(rows_sent, stop);
  if (stream.verification && load.publication() != nullptr) {
    stream.verification->check_staged(load.staging(), stop);
  }
  if (!stream.publishes) return {};
  load.publish(stop);
  return complete_load(stream, stop);
}

LoadCounts complete_load(PreparedStream& stream, const std::stop_token& stop) {
  LoadTarget& load = *stream.load;
  if (stream.verification && load.publication() != nullptr) load.publication()->check(stop);
  const LoadCounts counts = load.complete(stop);
  if (stream.verification) stream.verification->check(counts, stop);
  if (stream.indexes) stream.indexes->after_load(stop);
  stream.creation.finish(*stream.target_session, stop);
  return counts;
}

void add_counts(JobReport& report, const LoadCounts& counts) {
  report.rows_written = counts.inserted + counts.updated;
  report.rows_inserted = counts.inserted;
  report.rows_updated = counts.updated;
  report.rows_unchanged = counts.unchanged;
  report.rows_superseded = counts.superseded;
  report.rows_deleted = counts.deleted;
  report.rows_suppressed = counts.suppressed;
}

}  // namespace leat::jobs_detail
