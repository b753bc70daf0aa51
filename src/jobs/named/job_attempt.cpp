#include "jobs/named/job_attempt.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/named/attempt_report.hpp"
#include "jobs/named/finish_inquiry.hpp"
#include "jobs/named/shared_options.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/rejects/row_rejects_table.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/table_units.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/ledger/job_rejects.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::string_view copied_nothing = "nothing was copied; --restart begins it anew";

}  // namespace

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
  if (const auto record = keeper_.find_done(stop))
    return earlier_report(*record, options_, keeper_, copied_nothing);
  prepare(stop);
  if (options_.delivery.restart && !is_published(options_)) check_restart(stop);
  const AcquiredJob acquired = keeper_.acquire(load_.load->table().oid, stop);
  if (acquired.outcome == JobOutcome::already_done)
    return earlier_report(acquired.record, options_, keeper_, copied_nothing);
  lease_ = acquired.lease;
  return work(acquired, stop);
}

JobReport JobAttempt::work(const AcquiredJob& acquired, const std::stop_token& stop) {
  AttemptPlan plan(options_, keeper_, load_, *units_, *lease_, snapshot_);
  plan.facts().remarks = acquired.remarks;
  const auto units = plan.make(acquired, stop);
  facts_ = std::move(plan.facts());
  keeper_.enter(*lease_, {.options = shared_options(options_), .snapshot = units_->shared_snapshot()}, stop);
  renewal_.emplace(keeper_, options_.stream.log);
  return scope_->run(stop, [&] {
    scope_->restore(stop);
    log_start(load_, options_.stream);
    move_rows(units.size(), stop);
    // What it refuses shows before the job is done.
    write_rejects(JobEnd::done, stop);
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
    facts_.into = files_of_table(target_of(load_, options_, stop), load_.load->table().oid, stop);
  }
  keeper_.enter(*lease_, {.snapshot = units_->shared_snapshot()}, stop);
  renewal_.emplace(keeper_, options_.stream.log);
  return scope_->run(stop, [&] {
    // Whoever has begun the attempt has done that.
    scope_->mark(LoadStep::restore);
    log_start(load_, options_.stream);
    move_rows(left, stop);
    return conclude(stop);
  });
}

JobReport JobAttempt::conclude(const std::stop_token& stop) {
  constexpr std::chrono::milliseconds last_look{200};
  std::chrono::milliseconds look{5};
  const auto is_done = [this](const JobRecord& record) {
    return record.epoch == lease_->epoch && record.state == JobState::done;
  };
  while (true) {
    const JobRecord record = read_own_record(stop);
    if (is_done(record)) return concluded(record, stop);
    try {
      if (keeper_.claim_publication(stop)) return is_published(options_) ? publish(stop) : finish(stop);
    } catch (const Error& error) {
      // Another worker may have done the last step in between.
      if (error.sqlstate() != "55000" || !is_done(read_own_record(stop))) throw;
      continue;
    }
    // Another worker publishes; should it die, this one does.
    detail::pause(look, stop);
    look = std::min(2 * look, last_look);
  }
}

JobReport JobAttempt::concluded(const JobRecord& record, const std::stop_token& stop) {
  renewal_.reset();
  const auto rows = is_published(options_) ? static_cast<std::uint64_t>(record.rows)
                                           : rows_of_attempt(target_of(load_, options_, stop), *lease_, stop);
  lease_.reset();
  scope_->mark_all();
  facts_.remarks.emplace_back("another worker of the job has done the last step");
  return report_of({.inserted = rows,
                    .suppressed = writing_->suppressed,
                    .rejected = static_cast<std::uint64_t>(record.rejected)},
                   record);
}

void JobAttempt::prepare(const std::stop_token& stop) {
  JobContext context;
  if (joining_) context.snapshot = joining_->details.snapshot;
  load_ = prepare_run([&] { return prepare_copy(options_, context, stop); });
  if (is_published(options_)) {
    scope_.emplace(load_, options_.stream);
  } else {
    // Each unit is counted and committed by itself, for all to see.
    scope_.emplace(load_, options_.stream,
                   std::initializer_list<LoadStep>{LoadStep::publish, LoadStep::count, LoadStep::verify,
                                                   LoadStep::indexes, LoadStep::hook});
  }
  scope_->create(stop);
  units_ = units_of(load_, options_, SnapshotHolder::only_holds);
  snapshot_ = units_->identity(stop);
  if (joining_ && load_.store_units && snapshot_ != joining_->record.source_snapshot) {
    throw Error(ErrorKind::source, load_.plan.source + " has changed since the job has begun",
                {.sqlstate = "55000", .hint = "begin the job again"});
  }
  keeper_.know_source(source_of(options_.source, load_.source_session.get(), stop));
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
  writing_ = std::make_unique<LedgerWriting>(load_, *units_, options_, *lease_, std::move(part));
  coordinator_.emplace(keeper_, retry_policy(options_.delivery), left, facts_.into);
  RowMove move(load_,
               {.stream = options_.stream,
                .transform = options_.transform,
                .workers = workers_of(options_),
                .commit = UnitCommit::each_alone,
                .coordinator = *coordinator_,
                .make_reader = [this] { return units_->reader(); },
                .make_writer = [this](RowMove& rows, std::size_t,
                                      const std::stop_token&) { return make_ledger_writer(*writing_, rows); },
                .tells_units = true,
                .on_tick =
                    [this](const std::stop_token& token) {
                      renewal_->check();
                      units_->check_alive(token);
                    }});
  move.run(stop);
  if (!load_.verification) units_->release();
  done_.add(move.done());
  move.complete(moved_);
}

void JobAttempt::check_restart(const std::stop_token& stop) {
  const auto record = read_job(target_of(load_, options_, stop), options_.delivery.job, stop);
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

JobRecord JobAttempt::read_own_record(const std::stop_token& stop) {
  auto record = read_job(target_of(load_, options_, stop), options_.delivery.job, stop);
  if (!record) throw Error(ErrorKind::target, "the job was forgotten meanwhile", {.sqlstate = "55000"});
  return std::move(*record);
}

JobReport JobAttempt::publish(const std::stop_token& stop) {
  Connection& session = target_of(load_, options_, stop);
  const JobRecord record = read_own_record(stop);
  session.begin(target_transaction, stop);
  LoadSetup setup = load_.setup;
  setup.rejects.reset();
  setup.staging = facts_.staging;
  load_.load = std::make_unique<TableLoad>(session, load_.load->facts(), std::move(setup), options_.stream,
                                           load_.target_server);
  if (load_.verification) load_.verification->check_staged(*facts_.staging, stop);
  prepare_to_rebuild(ByteCount{static_cast<std::uint64_t>(record.bytes)}, stop);
  const auto rows = static_cast<std::uint64_t>(record.rows);
  // What an earlier run has left dropped is there again already.
  if (load_.indexes && load_.indexes->rebuilds()) scope_->before_rows(stop);
  LoadCounts counts = scope_->finish_collected(rows, stop);
  counts.rejected = static_cast<std::uint64_t>(record.rejected);
  publish_rejects(stop);
  JobReport report = report_of(counts, record);
  commit(report, stop);
  analyze_published(report, stop);
  return report;
}

void JobAttempt::publish_rejects(const std::stop_token& stop) {
  if (!load_.setup.rejects || !load_.setup.rejects->reject_table) return;
  const auto& rejects = *load_.setup.rejects;
  const std::array<Parameter, 1> name{options_.delivery.job};
  static_cast<void>(load_.target_session->execute_long(
      insert_kept_rejects_sql(*rejects.reject_table, rejects.columns), name, stop));
}

void JobAttempt::prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop) {
  if (!load_.indexes || !load_.indexes->rebuilds()) return;
  append_all(facts_.remarks, load_.indexes->notes());
  // What was seen before the rows were collected may have changed; so may the session.
  load_.plan.findings.clear();
  const std::optional<bool> same_database = load_.verification ? std::optional<bool>() : false;
  prepare_indexes(load_, options_.target, options_.mode, options_.stream, incoming, same_database, stop);
  if (has_error(load_.plan.findings)) throw to_error(load_.plan.findings);
}

JobReport JobAttempt::finish(const std::stop_token& stop) {
  Connection& session = target_of(load_, options_, stop);
  scope_->mark(LoadStep::rows);
  scope_->finish_parts(stop);
  const JobRecord record = read_own_record(stop);
  const LoadCounts counts{.inserted = rows_of_attempt(session, *lease_, stop),
                          .suppressed = writing_->suppressed,
                          .rejected = static_cast<std::uint64_t>(record.rejected)};
  JobReport report = report_of(counts, record);
  session.begin(target_transaction, stop);
  commit(report, stop);
  return report;
}

void JobAttempt::commit(JobReport& report, const std::stop_token& stop) {
  Connection& session = *load_.target_session;
  const auto with_ledger = [&] {
    renewal_->check();
    // From here on the row of the job is locked until the COMMIT, so nobody takes it over.
    renewal_.reset();
    Ledger(session).finish(*lease_, to_json(report), stop);
    try {
      session.commit(stop);
    } catch (const Error& error) {
      if (!error.in_doubt()) throw;
      const auto limit = 3 * options_.stream.limits.connect_timeout;
      if (was_finished(keeper_, *lease_, error, limit, stop)) return;
      if (stop.stop_requested()) throw Stopped{};
      throw not_committed(error);
    }
  };
  scope_->commit_by(with_ledger, stop);
  lease_.reset();
}

void JobAttempt::analyze_published(JobReport& report, const std::stop_token& stop) {
  const std::size_t told = scope_->notes().size();
  try {
    // That one is lost where the answer to the COMMIT was.
    scope_->analyze_on(options_.stream.analyze ? target_of(load_, options_, stop) : *load_.target_session,
                       stop);
  } catch (const Stopped&) {
    report.remarks.emplace_back("ANALYZE was stopped");
  } catch (const Error& error) {
    report.remarks.push_back(std::string("ANALYZE failed: ") + error.what());
  }
  scope_->mark(LoadStep::analyze);
  const auto notes = scope_->notes();
  report.remarks.insert(report.remarks.end(), notes.begin() + static_cast<std::ptrdiff_t>(told), notes.end());
}

}  // namespace leat::jobs_detail
