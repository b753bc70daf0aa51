#include "jobs/named/attempt_end.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/named/marked_commit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/rejects/row_rejects_table.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/ledger/job_rejects.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
JobReport AttemptEnd::conclude(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds last_look{200};
  std::chrono::milliseconds look{5};
  const auto is_done = [this](const JobRecord& record) {
    return record.epoch == state_.lease->epoch && record.state == JobState::done;
  };
  while (true) {
    const JobRecord record = state_.read_own_record(stop);
    if (is_done(record)) return concluded(record, stop);
    try {
      if (state_.keeper.claim_publication(stop))
        return is_published(state_.options) ? publish(stop) : finish(stop);
    } catch (const Error& error) {
      // Another worker may have done the last step in between.
      if (error.sqlstate() != "55000" || !is_done(state_.read_own_record(stop))) throw;
      continue;
    }
    // Another worker publishes; should it die, this one does.
    detail::pause(look, stop);
    look = std::min(2 * look, last_look);
  }
}

JobReport AttemptEnd::concluded(const JobRecord& record, const std::stop_token& stop) {
  state_.renewal.reset();
  const auto rows = is_published(state_.options) ? static_cast<std::uint64_t>(record.rows)
                                                 : rows_of_attempt(state_.target(stop), *state_.lease, stop);
  state_.lease.reset();
  state_.scope->mark_all();
  state_.facts.remarks.emplace_back("another worker of the job has done the last step");
  return report_of({.inserted = rows, .suppressed = state_.suppressed}, record);
}

JobReport AttemptEnd::publish(const std::stop_token& stop) {
  Connection& session = state_.target(stop);
  const JobRecord record = state_.read_own_record(stop);
  session.begin(target_transaction, stop);
  // What the server says of a row may repeat its text.
  if (state_.load.target_server.encoding == "SQL_ASCII") pass_text_as_it_is(session, stop);
  LoadSetup setup = state_.load.setup;
  setup.rejects.reset();
  setup.staging = state_.facts.staging;
  state_.load.load = std::make_unique<TableLoad>(session, state_.load.load->facts(), std::move(setup),
                                                 state_.options.stream, state_.load.target_server);
  if (state_.load.verification) state_.load.verification->check_staged(*state_.facts.staging, stop);
  prepare_to_rebuild(ByteCount{static_cast<std::uint64_t>(record.bytes)}, stop);
  const auto rows = static_cast<std::uint64_t>(record.rows);
  // What an earlier run has left dropped is there again already.
  if (state_.load.indexes && state_.load.indexes->rebuilds()) state_.scope->before_rows(stop);
  const LoadCounts counts = state_.scope->finish_collected(rows, stop);
  if (const auto& rejects = state_.load.setup.rejects; rejects && rejects->reject_table) {
    const std::array<Parameter, 1> name{state_.options.delivery.job};
    static_cast<void>(
        session.execute_long(insert_kept_rejects_sql(*rejects->reject_table, rejects->columns), name, stop));
  }
  JobReport report = report_of(counts, record);
  commit(report, stop);
  analyze_published(report, stop);
  return report;
}

void AttemptEnd::prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop) {
  if (!state_.load.indexes || !state_.load.indexes->rebuilds()) return;
  append_all(state_.facts.remarks, state_.load.indexes->notes());
  // What was seen before the rows were collected may have changed; so may the session.
  state_.load.plan.findings.clear();
  prepare_indexes(state_.load, state_.options.target, state_.options.stream, incoming, stop);
  if (has_error(state_.load.plan.findings)) throw to_error(state_.load.plan.findings);
}

JobReport AttemptEnd::finish(const std::stop_token& stop) {
  Connection& session = state_.target(stop);
  state_.scope->mark({LoadStep::rows});
  state_.scope->finish_parts(stop);
  const JobRecord record = state_.read_own_record(stop);
  JobReport report = report_of(
      {.inserted = rows_of_attempt(session, *state_.lease, stop), .suppressed = state_.suppressed}, record);
  session.begin(target_transaction, stop);
  commit(report, stop);
  return report;
}

void AttemptEnd::commit(JobReport& report, const std::stop_token& stop) {
  Connection& session = *state_.load.target_session;
  const auto with_ledger = [&] {
    if (const auto& expect = state_.options.stream.expect) expect(session, report, stop);
    state_.renewal->check();
    // From here on the row of the job is locked until the COMMIT, so nobody takes it over.
    state_.renewal.reset();
    Ledger(session).finish(*state_.lease, to_json(report), stop);
    commit_marked(session, state_.keeper, *state_.lease, stop);
  };
  state_.scope->commit_by(with_ledger, stop);
  state_.lease.reset();
}

void AttemptEnd::analyze_published(JobReport& report, const std::stop_token& stop) {
  const std::size_t told = state_.scope->notes().size();
  try {
    // That one is lost where the answer to the COMMIT was.
    state_.scope->analyze_on(
        state_.options.stream.analyze ? state_.target(stop) : *state_.load.target_session, stop);
  } catch (const Stopped&) {
    report.remarks.emplace_back("ANALYZE was stopped");
  } catch (const Error& error) {
    report.remarks.push_back(std::string("ANALYZE failed: ") + error.what());
  }
  state_.scope->mark({LoadStep::analyze});
  const auto notes = state_.scope->notes();
  report.remarks.insert(report.remarks.end(), notes.begin() + static_cast<std::ptrdiff_t>(told), notes.end());
}

JobReport earlier_report(const JobRecord& record, std::string source, std::string target,
                         std::string_view remark) {
  JobReport report{.source = std::move(source), .target = std::move(target)};
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

JobReport AttemptEnd::report_of(LoadCounts counts, const JobRecord& record) const {
  counts.rejected = static_cast<std::uint64_t>(record.rejected);
  const std::uint64_t rows = is_published(state_.options) ? static_cast<std::uint64_t>(record.rows)
                                                          : counts.inserted + counts.suppressed;
  JobReport report = state_.scope->report(state_.move->done(), counts);
  report.rows_read = rows + counts.rejected + report.rows_dropped - report.rows_added;
  state_.move->complete(report);
  report.slices_total = static_cast<std::size_t>(record.slices);
  report.slices_skipped = state_.facts.skipped;
  report.consistent = state_.facts.is_consistent;
  append_all(report.remarks, state_.facts.remarks);
  if (counts.rejected > 0 && state_.load.setup.rejects) {
    report.remarks.push_back(
        reject_note(*state_.load.setup.rejects, counts.rejected, state_.facts.rejected_earlier));
  }
  if (!state_.facts.is_consistent) {
    report.remarks.emplace_back(
        "slices were read in several snapshots: rows that changed in between may be there twice or not at "
        "all");
  }
  return report;
}

}  // namespace leat::jobs_detail
