#include "jobs/named/job_attempt.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "jobs/named/attempt_end.hpp"
#include "jobs/named/attempt_plan.hpp"
#include "jobs/named/ledger_writer.hpp"
#include "jobs/named/run_attempts.hpp"
#include "jobs/named/shared_options.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/table_units.hpp"
#include "leat/ledger/job_rejects.hpp"

namespace leat::jobs_detail {

RetryPolicy retry_policy(const Delivery& delivery) {
  constexpr std::size_t most = 1'000'000;  // more would take years
  return {.attempts = static_cast<int>(std::min(delivery.retries.value_or(5), most)) + 1,
          .initial_delay = std::chrono::milliseconds(500),
          .maximum_delay = std::chrono::seconds(30)};
}

JobReport JobAttempt::run(const std::stop_token& stop) {
  try {
    return joining_ ? join(stop) : begin(stop);
  } catch (const Error& error) {
    state_.renewal.reset();  // before it is given up
    if (joining_) state_.keeper.leave();
    throw with_reason(error, state_.load);
  } catch (...) {
    state_.renewal.reset();  // before it is given up
    if (joining_) state_.keeper.leave();
    throw;
  }
}

JobReport JobAttempt::begin(const std::stop_token& stop) {
  const auto report_of_earlier = [this](const JobRecord& record) {
    return earlier_report(record, state_.keeper.source_label() + ": " + state_.options.table.from,
                          state_.keeper.target_label() + ": " + state_.options.table.target_name(),
                          "nothing was copied; .restart begins it anew");
  };
  if (const auto record = state_.keeper.find_done(stop)) return report_of_earlier(*record);
  prepare(stop);
  if (state_.options.delivery.restart && !is_published(state_.options)) check_restart(stop);
  const AcquiredJob acquired = state_.keeper.acquire(state_.load.load->table().oid, stop);
  if (acquired.outcome == JobOutcome::already_done) return report_of_earlier(acquired.record);
  state_.lease = acquired.lease;
  state_.facts.remarks = acquired.remarks;
  return work(AttemptPlan(state_).make(acquired, stop).size(), shared_options(state_.options), stop);
}

JobReport JobAttempt::work(std::size_t left, std::string shared, const std::stop_token& stop) {
  state_.keeper.enter(*state_.lease,
                      {.options = std::move(shared), .snapshot = state_.units->shared_snapshot()}, stop);
  state_.renewal.emplace(state_.keeper, state_.options.stream.log);
  return state_.scope->run(stop, [&] {
    if (joining_) {
      // Whoever has begun the attempt has done that.
      state_.scope->mark({LoadStep::restore});
    } else {
      state_.scope->restore(stop);
    }
    log_start(state_.load, state_.options.stream);
    move_rows(left, stop);
    // What it refuses shows before the job is done.
    if (!joining_) write_rejects(JobEnd::done, stop);
    return AttemptEnd(state_).conclude(stop);
  });
}

JobReport JobAttempt::join(const std::stop_token& stop) {
  prepare(stop);
  state_.lease =
      JobLease{.job = joining_->record.name, .run = joining_->record.run, .epoch = joining_->record.epoch};
  const auto left = static_cast<std::size_t>(joining_->record.slices - joining_->record.slices_done);
  state_.facts = {.skipped = static_cast<std::size_t>(joining_->record.slices_done),
                  .is_consistent = joining_->record.is_consistent,
                  .staging = joining_->record.staging};
  // What it cuts off units says the same of the target as they do.
  if (!is_published(state_.options)) {
    state_.facts.into = files_of_table(state_.target(stop), state_.load.load->table().oid, stop);
  }
  return work(left, {}, stop);
}

void JobAttempt::prepare(const std::stop_token& stop) {
  JobContext context{.snapshot = snapshot_};
  if (joining_) context.snapshot = joining_->details.snapshot;
  state_.load = prepare_run([&] { return prepare_copy(state_.options, context, stop); });
  state_.scope.emplace(state_.load, state_.options.stream);
  if (!is_published(state_.options)) {
    // Each unit is counted and committed by itself, for all to see.
    state_.scope->mark(
        {LoadStep::publish, LoadStep::count, LoadStep::verify, LoadStep::indexes, LoadStep::hook});
  }
  state_.scope->create(stop);
  state_.units = units_of(state_.load, state_.options);
  state_.snapshot = state_.units->identity(stop);
  if (joining_ && state_.load.store_units && state_.snapshot != joining_->record.source_snapshot) {
    throw Error(ErrorKind::source, state_.load.plan.source + " has changed since the job has begun",
                {.sqlstate = "55000", .hint = "begin the job again"});
  }
  state_.keeper.know_source(
      job_source(state_.options.source, state_.load.source_session.get(), state_.load.source_server));
}

void JobAttempt::write_rejects(JobEnd end, const std::stop_token& stop) {
  if (!state_.load.setup.rejects) return;
  const std::string& path = state_.options.stream.rejects.file;
  const auto write = [&](Connection& session) {
    if (!path.empty()) {
      write_job_reject_file(path, state_.load.setup.rejects->columns, session, state_.lease->job, end, stop);
    }
    drop_discarded_rejects(session, *state_.lease, stop);
  };
  state_.keeper.with_ledger([&](Ledger ledger) { ledger.hold(*state_.lease, write, stop); }, stop);
}

void JobAttempt::save_rejects() noexcept {
  try {
    if (state_.lease) write_rejects(JobEnd::failed, {});
  } catch (const std::exception& failure) {
    state_.options.stream.log.warning(
        std::string("the file of rejected rows was not written; the next attempt does that: ") +
        failure.what());
  }
}

WorkDone JobAttempt::work_done() noexcept {
  if (state_.move) work_ = state_.move->work();
  const bool is_straight = !is_published(state_.options);
  if (!is_straight || !state_.lease || work_.rows_written == 0) return work_;
  try {
    work_.rows_committed = state_.keeper.rows_committed(*state_.lease, {});
  } catch (const std::exception& failure) {
    state_.options.stream.log.warning(
        std::string("the ledger could not be asked how many rows are committed: ") + failure.what());
  }
  return work_;
}

void JobAttempt::end_move() {
  work_ = state_.move->work();
  work_.rows_committed = is_published(state_.options) ? 0 : state_.move->done().rows_sent.load();
  state_.move.reset();
}

void JobAttempt::move_rows(std::size_t left, const std::stop_token& stop) {
  LoadSetup part{.columns = state_.load.setup.columns,
                 .mode = WriteMode::append,
                 .rejects = state_.load.setup.rejects,
                 .pace = state_.load.setup.pace,
                 .beside = state_.load.setup.beside,
                 .staging = state_.facts.staging,
                 .is_part = true};
  if (part.rejects && part.staging) {
    part.rejects->copied_into = *part.staging;
    // The table of rejected rows gets them when the others are published.
    part.rejects->reject_table.reset();
  }
  coordinator_.emplace(state_.keeper, retry_policy(state_.options.delivery), left, state_.facts.into);
  const LedgerWriting writing{.load = state_.load,
                              .source = *state_.units,
                              .options = state_.options,
                              .lease = *state_.lease,
                              .part = std::move(part),
                              .suppressed = state_.suppressed};
  state_.move.emplace(state_.load,
                      RowMoveSetup{.stream = state_.options.stream,
                                   .transform = state_.options.transform,
                                   .workers = workers_of(state_.options),
                                   .commit = UnitCommit::each_alone,
                                   .coordinator = *coordinator_,
                                   .units = state_.units.get(),
                                   .make_writer =
                                       [writing](RowMove& rows, std::size_t, const std::stop_token&) {
                                         return make_ledger_writer(writing, rows);
                                       },
                                   .tells_units = true,
                                   .on_tick =
                                       [this](const std::stop_token& token) {
                                         state_.renewal->check();
                                         state_.units->check_alive(token);
                                       }});
  try {
    state_.move->run(stop);
  } catch (const SplitFailed& failure) {
    end_move();
    throw failure.error;
  } catch (...) {
    end_move();  // nobody reads or writes any more
    throw;
  }
  if (!state_.load.verification) state_.units->release();
}

void JobAttempt::check_restart(const std::stop_token& stop) {
  const auto record = read_job(state_.target(stop), state_.options.delivery.job, stop);
  if (!record) return;
  const std::string& table = state_.options.stream.rejects.table;
  if (record->rows == 0 && record->rejected > 0 && !table.empty()) {
    throw Error(ErrorKind::config,
                "job " + record->name + " has committed " + std::to_string(record->rejected) +
                    " rejected rows, which a restart would put into " + TableName::parse(table).display() +
                    " again",
                {.hint = "take them out and remove the job (leat jobs forget), or name another table"});
  }
  if (record->rows == 0) return;
  throw Error(ErrorKind::config,
              "job " + record->name + " has committed " + std::to_string(record->rows) +
                  " rows to its table, which a restart would append again",
              {.hint = "take them out of the table and remove the job (leat jobs forget), then run it"});
}

}  // namespace leat::jobs_detail
