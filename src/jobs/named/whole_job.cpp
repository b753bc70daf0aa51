#include "jobs/named/whole_job.hpp"

#include <utility>

#include "jobs/named/attempt_end.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/prepare/load_scope.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/ledger/done_job.hpp"

namespace leat::jobs_detail {
namespace {

constexpr const char* nothing_more = "nothing was loaded";

/// Another process has committed the job while this one worked on it.
struct DoneByAnother {};

class WholeRun {
 public:
  explicit WholeRun(const WholeJob& job) : job_(job) {}

  JobReport run(const std::stop_token& stop) {
    if (!job_.is_new) {
      if (const auto record = find_done(stop)) return report_of(*record);
    }
    try {
      return load(stop);
    } catch (const DoneByAnother&) {
      const auto session = connect(job_.target, ErrorKind::target, job_.stream, stop);
      target_ = job_.target.label_of(*session);
      return report_of(read_job(*session, request_.job, stop).value());
    }
  }

 private:
  /// A job that was done; before anything is read. The ledger is there afterwards.
  std::optional<JobRecord> find_done(const std::stop_token& stop) {
    const auto session = connect(job_.target, ErrorKind::target, job_.stream, stop);
    target_ = job_.target.label_of(*session);
    Ledger(*session).prepare(0, stop);
    const std::string name = job_.request({}).job;
    auto record = read_job(*session, name, stop);
    if (!record || record->state != JobState::done) return std::nullopt;
    const auto source = connect(job_.source, ErrorKind::source, job_.stream, stop);
    source_ = job_.source.label_of(*source);
    Ledger(*session).check_command(
        job_.request(job_source(job_.source, source.get(), survey_server(*source, stop))), stop);
    return record;
  }

  [[nodiscard]] JobReport report_of(const JobRecord& record) const {
    return earlier_report(record, source_ + ": " + job_.read, target_ + ": " + job_.table, nothing_more);
  }

  JobReport load(const std::stop_token& stop) {
    auto load = prepare_run([&] { return job_.prepare(stop); });
    source_ = job_.source.label_of(*load.source_session);
    request_ = job_.request(job_source(job_.source, load.source_session.get(), load.source_server));
    request_.holder = job_holder();
    LoadScope scope(load, job_.stream);
    std::shared_ptr<UnitSource> units;
    if (job_.units) units = job_.units(load);
    const auto commit = [&](JobReport& report, const std::stop_token& token) {
      this->commit(load, scope, report, token);
    };
    return run_single(load, scope,
                      {.stream = job_.stream,
                       .transform = job_.transform,
                       .workers = job_.workers,
                       .units = units.get(),
                       .commit = commit},
                      stop);
  }

  void commit(PreparedLoad& load, LoadScope& scope, JobReport& report, const std::stop_token& stop) const {
    const std::size_t told = scope.notes().size();
    scope.commit(stop, [&] {
      if (job_.stream.expect) job_.stream.expect(*load.target_session, report, stop);
      const DoneJob done{.request = request_,
                         .report = to_json(report),
                         .rows = static_cast<std::int64_t>(report.rows_read + report.rows_added -
                                                           report.rows_dropped - report.rows_rejected),
                         .bytes = static_cast<std::int64_t>(report.bytes_written.count())};
      if (!put_done_job(*load.target_session, done, stop)) throw DoneByAnother{};
    });
    const auto& notes = scope.notes();
    report.remarks.insert(report.remarks.end(), notes.begin() + static_cast<std::ptrdiff_t>(told),
                          notes.end());
  }

  const WholeJob& job_;
  JobRequest request_;
  std::string source_;
  std::string target_;
};

}  // namespace

void validate_whole(const Delivery& delivery) {
  if (!delivery.whole) return;
  refuse_if(delivery.job.empty(), "a job that is whole needs a name", "name the job (.job)");
  refuse_if(delivery.restart, "a job that is whole has nothing to discard", "give it another name");
  refuse_if(delivery.retries.value_or(0) > 0, "a job that is whole is not retried slice by slice",
            "run it again where its error is retryable(): it is committed once");
}

JobReport run_whole(const WholeJob& job, const std::stop_token& stop) {
  return WholeRun(job).run(stop);
}

void plan_whole(PreparedLoad& load, const ResolvedConnection& source, const Delivery& delivery,
                const std::function<JobRequest(const JobSource& source)>& request,
                const std::stop_token& stop) {
  if (!load.load) return;
  const auto from = job_source(source, load.source_session.get(), load.source_server);
  check_ledger(load, false, delivery.restart, request(from), stop);
  load.plan.remarks.push_back("job " + delivery.job +
                              ": the ledger says that it is done in the transaction that loads the rows");
}

}  // namespace leat::jobs_detail
