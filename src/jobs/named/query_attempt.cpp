#include "jobs/named/query_attempt.hpp"

#include <utility>

#include "jobs/named/attempt_end.hpp"
#include "jobs/named/marked_commit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/run/single_load.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
namespace {

// A query is one slice, which says nothing of how it is read.
constexpr std::int64_t only_slice = 1;
constexpr const char* no_definition = "{}";

}  // namespace

JobReport QueryAttempt::report_of_earlier(const JobRecord& record) {
  return earlier_report(record, keeper_.source_label() + ": query",
                        keeper_.target_label() + ": " + options_.to,
                        "nothing was loaded; .restart begins it anew");
}

JobReport QueryAttempt::run(const std::stop_token& stop) {
  if (const auto record = keeper_.find_done(stop)) return report_of_earlier(*record);
  load_ = prepare_run([&] { return prepare_(stop); });
  scope_.emplace(load_, options_.stream);
  keeper_.know_source(job_source(options_.source, load_.source_session.get(), load_.source_server));
  if (delivery_.restart) check_restart(stop);
  const AcquiredJob acquired = keeper_.acquire(load_.load->table().oid, stop);
  if (acquired.outcome == JobOutcome::already_done) return report_of_earlier(acquired.record);
  lease_ = acquired.lease;
  remarks_ = acquired.remarks;
  if (!acquired.record.has_plan) {
    const PlannedSlice slice{.number = only_slice, .definition = no_definition};
    keeper_.with_ledger([&](Ledger ledger) { ledger.store_plan(*lease_, std::span(&slice, 1), stop); }, stop);
  }
  keeper_.enter(*lease_, {.options = no_definition}, stop);
  try {
    return load(stop);
  } catch (const Error& error) {
    work_ = error.work();
    end_badly();
    throw;
  } catch (...) {
    end_badly();
    throw;
  }
}

void QueryAttempt::end_badly() noexcept {
  renewal_.reset();  // before it is given up
  // It may have locked what the ledger is told next.
  load_.target_session->rollback();
  keeper_.leave();
}

JobReport QueryAttempt::load(const std::stop_token& stop) {
  keeper_.announce(*load_.target_session, stop);
  renewal_.emplace(keeper_, options_.stream.log);
  const auto commit = [this](JobReport& report, const std::stop_token& token) {
    this->commit(report, token);
  };
  return run_single(load_, *scope_,
                    {.stream = options_.stream, .transform = options_.transform, .commit = commit}, stop);
}

void QueryAttempt::commit(JobReport& report, const std::stop_token& stop) {
  Connection& session = *load_.target_session;
  append_all(report.remarks, remarks_);
  report.slices_total = 1;
  report.slices_done = 1;
  const auto marked = [&] {
    if (options_.stream.expect) options_.stream.expect(session, report, stop);
    renewal_->check();
    // From here on the row of the job is locked until the COMMIT, so nobody takes it over.
    renewal_.reset();
    put_slice(session, *lease_,
              {.number = only_slice,
               .definition = no_definition,
               .rows = static_cast<std::int64_t>(report.rows_read + report.rows_added - report.rows_dropped -
                                                 report.rows_rejected),
               .bytes = static_cast<std::int64_t>(report.bytes_written.count())},
              session.options().lock_timeout.value(), stop);
    Ledger(session).finish(*lease_, to_json(report), stop);
    commit_marked(session, keeper_, *lease_, stop);
  };
  scope_->commit_by(marked, stop);
  lease_.reset();
  const std::size_t told = scope_->notes().size();
  try {
    // That one is lost where the answer to the COMMIT was.
    if (!session.is_open() && options_.stream.analyze) {
      session = Connection::open(session.target(), session.options(), stop);
    }
    scope_->analyze_on(session, stop);
  } catch (const Stopped&) {
    report.remarks.emplace_back("ANALYZE was stopped");
  } catch (const Error& error) {
    report.remarks.push_back(std::string("ANALYZE failed: ") + error.what());
  }
  scope_->mark({LoadStep::analyze});
  const auto notes = scope_->notes();
  report.remarks.insert(report.remarks.end(), notes.begin() + static_cast<std::ptrdiff_t>(told), notes.end());
}

void QueryAttempt::check_restart(const std::stop_token& stop) {
  if (options_.mode != WriteMode::append) return;
  const auto record = read_job(*load_.target_session, options_.delivery.job, stop);
  if (!record || record->rows == 0) return;
  throw Error(ErrorKind::config,
              "job " + record->name + " has committed " + std::to_string(record->rows) +
                  " rows to its table, which a restart would append again",
              {.hint = "take them out of the table and remove the job (leat jobs forget), then run it"});
}

}  // namespace leat::jobs_detail
