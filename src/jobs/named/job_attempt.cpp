#include "jobs/named/job_attempt.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

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
  } catch (...) {
    renewal_.reset();  // before it is given up
    if (joining_) keeper_.leave();
    throw;
  }
}

JobReport JobAttempt::begin(const std::stop_token& stop) {
  const auto report_of_earlier = [this](const JobRecord& record) {
    return earlier_report(record, keeper_.source_label() + ": " + options_.table.from,
                          keeper_.target_label() + ": " + options_.table.target_name(),
                          "nothing was copied; --restart begins it anew");
  };
  if (const auto record = keeper_.find_done(stop)) return report_of_earlier(*record);
  prepare(stop);
  if (options_.delivery.restart && !is_published(options_)) check_restart(stop);
  const AcquiredJob acquired = keeper_.acquire(load_.load->table().oid, stop);
  if (acquired.outcome == JobOutcome::already_done) return report_of_earlier(acquired.record);
  lease_ = acquired.lease;
  facts_.remarks = acquired.remarks;
  return work(plan_units(acquired, stop).size(), shared_options(options_), stop);
}

JobReport JobAttempt::work(std::size_t left, std::string shared, const std::stop_token& stop) {
  keeper_.enter(*lease_, {.options = std::move(shared), .snapshot = units_->shared_snapshot()}, stop);
  renewal_.emplace(keeper_, options_.stream.log);
  return scope_->run(stop, [&] {
    if (joining_) {
      // Whoever has begun the attempt has done that.
      scope_->mark({LoadStep::restore});
    } else {
      scope_->restore(stop);
    }
    log_start(load_, options_.stream);
    move_rows(left, stop);
    // What it refuses shows before the job is done.
    if (!joining_) write_rejects(JobEnd::done, stop);
    return conclude(stop);
  });
}

JobReport JobAttempt::join(const std::stop_token& stop) {
  prepare(stop);
  lease_ =
      JobLease{.job = joining_->record.name, .run = joining_->record.run, .epoch = joining_->record.epoch};
  const auto left = static_cast<std::size_t>(joining_->record.slices - joining_->record.slices_done);
  facts_ = {.skipped = static_cast<std::size_t>(joining_->record.slices_done),
            .is_consistent = joining_->record.is_consistent,
            .staging = joining_->record.staging};
  // What it cuts off units says the same of the target as they do.
  if (!is_published(options_)) {
    facts_.into = files_of_table(target(stop), load_.load->table().oid, stop);
  }
  return work(left, {}, stop);
}

void JobAttempt::prepare(const std::stop_token& stop) {
  JobContext context;
  if (joining_) context.snapshot = joining_->details.snapshot;
  load_ = prepare_run([&] { return prepare_copy(options_, context, stop); });
  scope_.emplace(load_, options_.stream);
  if (!is_published(options_)) {
    // Each unit is counted and committed by itself, for all to see.
    scope_->mark({LoadStep::publish, LoadStep::count, LoadStep::verify, LoadStep::indexes, LoadStep::hook});
  }
  scope_->create(stop);
  units_ = units_of(load_, options_);
  snapshot_ = units_->identity(stop);
  if (joining_ && load_.store_units && snapshot_ != joining_->record.source_snapshot) {
    throw Error(ErrorKind::source, load_.plan.source + " has changed since the job has begun",
                {.sqlstate = "55000", .hint = "begin the job again"});
  }
  keeper_.know_source(job_source(options_.source, load_.source_session.get(), load_.source_server));
}

void JobAttempt::write_rejects(JobEnd end, const std::stop_token& stop) {
  if (!load_.setup.rejects) return;
  const std::string& path = options_.stream.rejects.file;
  const auto write = [&](Connection& session) {
    if (!path.empty()) {
      write_job_reject_file(path, load_.setup.rejects->columns, session, lease_->job, end, stop);
    }
    drop_discarded_rejects(session, *lease_, stop);
  };
  keeper_.with_ledger([&](Ledger ledger) { ledger.hold(*lease_, write, stop); }, stop);
}

void JobAttempt::save_rejects() noexcept {
  try {
    if (lease_) write_rejects(JobEnd::failed, {});
  } catch (const std::exception& failure) {
    options_.stream.log.warning(
        std::string("the file of rejected rows was not written; the next attempt does that: ") +
        failure.what());
  }
}

void JobAttempt::move_rows(std::size_t left, const std::stop_token& stop) {
  LoadSetup part{.columns = load_.setup.columns,
                 .mode = WriteMode::append,
                 .rejects = load_.setup.rejects,
                 .pace = load_.setup.pace,
                 .staging = facts_.staging,
                 .is_part = true};
  if (part.rejects && part.staging) {
    part.rejects->copied_into = *part.staging;
    // The table of rejected rows gets them when the others are published.
    part.rejects->reject_table.reset();
  }
  coordinator_.emplace(keeper_, retry_policy(options_.delivery), left, facts_.into);
  const LedgerWriting writing{.load = load_,
                              .source = *units_,
                              .options = options_,
                              .lease = *lease_,
                              .part = std::move(part),
                              .suppressed = suppressed_};
  move_.emplace(load_, RowMoveSetup{.stream = options_.stream,
                                    .transform = options_.transform,
                                    .workers = workers_of(options_),
                                    .commit = UnitCommit::each_alone,
                                    .coordinator = *coordinator_,
                                    .units = units_.get(),
                                    .make_writer =
                                        [writing](RowMove& rows, std::size_t, const std::stop_token&) {
                                          return make_ledger_writer(writing, rows);
                                        },
                                    .tells_units = true,
                                    .on_tick =
                                        [this](const std::stop_token& token) {
                                          renewal_->check();
                                          units_->check_alive(token);
                                        }});
  try {
    move_->run(stop);
  } catch (const SplitFailed& failure) {
    move_.reset();
    throw failure.error;
  } catch (...) {
    move_.reset();  // nobody reads or writes any more
    throw;
  }
  if (!load_.verification) units_->release();
}

void JobAttempt::check_restart(const std::stop_token& stop) {
  const auto record = read_job(target(stop), options_.delivery.job, stop);
  if (!record) return;
  const std::string& table = options_.stream.rejects.table;
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

Connection& JobAttempt::target(const std::stop_token& stop) {
  auto& session = load_.target_session;
  if (!session->is_open()) session = connect(options_.target, ErrorKind::target, options_.stream, stop);
  return *session;
}

JobRecord JobAttempt::read_own_record(const std::stop_token& stop) {
  auto record = read_job(target(stop), options_.delivery.job, stop);
  if (!record) throw Error(ErrorKind::target, "the job was forgotten meanwhile", {.sqlstate = "55000"});
  return std::move(*record);
}

}  // namespace leat::jobs_detail
