#include <utility>

#include "jobs/prepare/stream_job.hpp"

namespace leat::jobs_detail {

JobReport finished_report(const PreparedStream& stream, const JobCounters& counters,
                          const LoadCounts& counts) {
  JobReport report{.source = stream.plan.source,
                   .target = stream.plan.target,
                   .rows_read = counters.rows_read,
                   .rows_dropped = counters.rows_read - counters.rows_sent,
                   .bytes_read = ByteCount{counters.bytes_read},
                   .bytes_written = ByteCount{counters.bytes_sent},
                   .format = stream.plan.format};
  complete_report(report, stream, counts);
  return report;
}

void complete_report(JobReport& report, const PreparedStream& stream, const LoadCounts& counts) {
  report.elapsed = SteadyClock::now() - stream.started;
  report.rows_written = counts.inserted + counts.updated;
  report.rows_inserted = counts.inserted;
  report.rows_updated = counts.updated;
  report.rows_unchanged = counts.unchanged;
  report.rows_superseded = counts.superseded;
  report.rows_deleted = counts.deleted;
  report.rows_suppressed = counts.suppressed;
  report.rows_rejected = counts.rejected;
  if (counts.rejected > 0) report.status = JobStatus::done_with_rejects;
  report.remarks = stream.creation.remarks;
  const auto add = [&report](const std::vector<std::string>& notes) {
    report.remarks.insert(report.remarks.end(), notes.begin(), notes.end());
  };
  if (stream.indexes) add(stream.indexes->notes());
  if (stream.verification && !stream.verification->note().empty()) {
    report.remarks.push_back(stream.verification->note());
  }
  add(stream.load->notes());
}

void share_creation(PreparedStream& stream, const std::stop_token& stop) {
  stream.creation.finish(*stream.target_session, stop);
  stream.target_session->commit(stop);
}

void before_rows(PreparedStream& stream, const std::stop_token& stop) {
  if (stream.indexes) stream.indexes->before_load(stop);
}

LoadCounts finish_load(PreparedStream& stream, const std::stop_token& stop) {
  LoadTarget& load = *stream.load;
  load.end_copy(stop);
  if (stream.verification && load.publication() != nullptr) {
    stream.verification->check_staged(load.staging(), stop);
  }
  if (!stream.publishes) return {};
  load.publish(stop);
  return complete_load(stream, stop);
}

LoadCounts complete_load(PreparedStream& stream, const std::stop_token& stop) {
  LoadTarget& load = *stream.load;
  // The publication still has what was collected.
  const bool is_staged = load.publication() != nullptr;
  if (stream.verification && is_staged) stream.verification->check_table(load.publication(), stop);
  const LoadCounts counts = load.complete(stop);
  if (stream.verification && !is_staged) stream.verification->check_table(nullptr, stop);
  if (stream.indexes) stream.indexes->after_load(stop);
  stream.creation.finish(*stream.target_session, stop);
  return counts;
}

}  // namespace leat::jobs_detail
