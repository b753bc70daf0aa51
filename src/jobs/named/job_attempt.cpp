#include "jobs/named/job_attempt.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "jobs/options/late_stop.hpp"
#include "jobs/prepare/copy_job.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_indexes.hpp"
#include "jobs/prepare/slice_definition.hpp"
#include "jobs/rejects/row_rejects_table.hpp"
#include "jobs/run/parallel_copy.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/ledger/job_rejects.hpp"

namespace leat::jobs_detail {
namespace {

/// The state of the snapshot's holder, whose loss nobody else would notice: readers have the snapshot
/// themselves.
void check_holder(Connection& holder, const std::stop_token& stop) {
  static_cast<void>(holder.execute("SELECT", {}, stop));
}

}  // namespace

double random_fraction() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

RetryPolicy retry_policy(const Delivery& delivery) {
  constexpr std::size_t most = 1'000'000;  // more would take years
  return {.attempts = static_cast<int>(std::min(delivery.retries.value_or(5), most)) + 1,
          .initial_delay = std::chrono::milliseconds(500),
          .maximum_delay = std::chrono::seconds(30)};
}

JobReport JobAttempt::run(const std::stop_token& stop) {
  if (const auto record = keeper_.find_done(stop)) return earlier_report(*record);
  prepare(stop);
  if (options_.delivery.restart && !is_published(options_)) check_restart(stop);
  const AcquiredJob acquired = keeper_.acquire(stream_.load->table().oid, stop);
  remarks_ = acquired.remarks;
  if (acquired.outcome == JobOutcome::already_done) return earlier_report(acquired.record);
  lease_ = acquired.lease;
  try {
    return work(acquired, stop);
  } catch (...) {
    renewal_.reset();  // before it is given up
    throw;
  }
}

JobReport JobAttempt::work(const AcquiredJob& acquired, const std::stop_token& stop) {
  auto tasks = plan(acquired, stop);
  renewal_.emplace(keeper_, *lease_, options_.stream.log);
  if (stream_.indexes) stream_.indexes->restore(stop);
  log_start(stream_, options_.stream);
  transfer(std::move(tasks), stop);
  // What it refuses shows before the job is done.
  write_rejects(JobEnd::done, stop);
  return is_published(options_) ? publish(stop) : finish(stop);
}

JobReport JobAttempt::earlier_report(const JobRecord& record) const {
  const std::string to = options_.to.empty() ? options_.from : options_.to;
  JobReport report{.source = keeper_.source_label() + ": " + options_.from,
                   .target = keeper_.target_label() + ": " + to};
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
                           "): nothing was copied; --restart begins it anew");
  return report;
}

void JobAttempt::prepare(const std::stop_token& stop) {
  stream_ = prepare_run([&] { return prepare_copy(options_, {}, stop); });
  share_creation(stream_, stop);
  snapshot_ = snapshot_identity(*stream_.source_session, stop);
  keeper_.know_source(job_source(options_.source, *stream_.source_session, stop));
}

void JobAttempt::write_rejects(JobEnd end, const std::stop_token& stop) {
  if (!stream_.setup.rejects) return;
  const std::string& path = options_.stream.rejects.file;
  const auto write = [&](Connection& session) {
    if (!path.empty()) {
      JobRejectFile(path, names_of(stream_.setup.rejects->columns)).write(session, lease_->job, end, stop);
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

void JobAttempt::transfer(std::vector<SliceTask> tasks, const std::stop_token& stop) {
  LoadSetup part{.columns = stream_.setup.columns,
                 .mode = WriteMode::append,
                 .rejects = stream_.setup.rejects,
                 .pace = stream_.setup.pace,
                 .is_part = true,
                 .staging = staging_};
  if (part.rejects && staging_) {
    part.rejects->copied_into = *staging_;
    // The table of rejected rows gets them when the others are published.
    part.rejects->reject_table.reset();
  }
  writing_.emplace(*lease_, std::move(part));
  const RetryPolicy policy = retry_policy(options_.delivery);
  SliceTransfer transfer(
      stream_, options_,
      {.tasks = std::move(tasks),
       .holder_reads = false,
       .cut = [this](const SliceTask& shortened, const Slice& rest,
                     const std::stop_token& token) { return cut(shortened, rest, token); },
       .make_writer = [this](const SliceWriting& writing, std::size_t,
                             const std::stop_token&) { return make_ledger_writer(writing, *writing_); },
       .retry = [this, &policy](const SliceTask& task,
                                const Error& error) { return retry(policy, task, error); },
       .on_tick =
           [this](const std::stop_token& token) {
             renewal_->check();
             check_holder(*stream_.source_session, token);
           }});
  transfer.run(stop);
  if (!stream_.verification) stream_.source_session->rollback();
  done_.rows_read = transfer.done().rows_read.load();
  done_.bytes_read = transfer.done().bytes_read.load();
  done_.rows_sent = transfer.done().rows_sent.load();
  done_.bytes_sent = transfer.done().bytes_sent.load();
  transfer.complete(slices_);
}

std::optional<SteadyClock::time_point> JobAttempt::retry(const RetryPolicy& policy, const SliceTask& task,
                                                         const Error& error) {
  const RetryStep step = decide(policy, error, task.attempts + 1, random_fraction(), Doubt::resolved);
  if (step.action == RetryAction::retry) return SteadyClock::now() + step.delay;
  // What the source lacks may be the snapshot, and the next attempt has another one.
  has_given_up_ = has_given_up_ || error.kind() == ErrorKind::target;
  return std::nullopt;
}

std::optional<SliceTask> JobAttempt::cut(const SliceTask& shortened, const Slice& rest,
                                         const std::stop_token& stop) {
  const PlannedSlice head{.number = static_cast<std::int64_t>(shortened.number),
                          .definition = slice_definition(*stream_.slices, shortened.slice)};
  const std::string definition = slice_definition(*stream_.slices, rest);
  const auto number =
      keeper_.with_ledger([&](Ledger ledger) { return ledger.cut(*lease_, head, definition, stop); }, stop);
  if (!number) return std::nullopt;
  return SliceTask{.number = static_cast<std::size_t>(*number), .slice = rest};
}

Connection& JobAttempt::target(const std::stop_token& stop) {
  auto& session = stream_.target_session;
  if (!session->is_open()) session = connect(options_.target, ErrorKind::target, options_.stream, stop);
  return *session;
}

JobRecord JobAttempt::read_own_record(const std::stop_token& stop) {
  auto record = read_job(target(stop), options_.delivery.job, stop);
  if (!record) throw Error(ErrorKind::target, "the job was forgotten meanwhile", {.sqlstate = "55000"});
  return std::move(*record);
}

JobReport JobAttempt::publish(const std::stop_token& stop) {
  Connection& session = target(stop);
  const JobRecord record = read_own_record(stop);
  session.begin(target_transaction, stop);
  LoadSetup setup = stream_.setup;
  setup.rejects.reset();
  setup.staging = staging_;
  stream_.load = std::make_unique<LoadTarget>(session, stream_.load->facts(), std::move(setup),
                                              options_.stream, stream_.target_server);
  if (stream_.verification) stream_.verification->check_staged(*staging_, stop);
  prepare_to_rebuild(ByteCount{static_cast<std::uint64_t>(record.bytes)}, stop);
  return with_indexes(stream_, stop, [&] { return publish_collected(record, stop); });
}

void JobAttempt::prepare_to_rebuild(ByteCount incoming, const std::stop_token& stop) {
  if (!stream_.indexes || !stream_.indexes->rebuilds()) return;
  const auto& restored = stream_.indexes->notes();
  remarks_.insert(remarks_.end(), restored.begin(), restored.end());
  // What was seen before the rows were collected may have changed; so may the session.
  stream_.plan.findings.clear();
  const std::optional<bool> same_database = stream_.verification ? std::optional<bool>() : false;
  prepare_indexes(stream_, options_.target, options_.mode, options_.stream, incoming, same_database, stop);
  if (has_error(stream_.plan.findings)) throw to_error(stream_.plan.findings);
}

JobReport JobAttempt::publish_collected(const JobRecord& record, const std::stop_token& stop) {
  const auto rows = static_cast<std::uint64_t>(record.rows);
  // What an earlier run has left dropped is there again already.
  if (stream_.indexes && stream_.indexes->rebuilds()) before_rows(stream_, stop);
  stream_.load->publish_collected(rows, stop);
  LoadCounts counts = complete_load(stream_, stop);
  counts.rejected = static_cast<std::uint64_t>(record.rejected);
  if (stream_.setup.rejects && stream_.setup.rejects->reject_table) {
    const auto& rejects = *stream_.setup.rejects;
    const std::array<Parameter, 1> name{options_.delivery.job};
    static_cast<void>(stream_.target_session->execute_long(
        insert_kept_rejects_sql(*rejects.reject_table, names_of(rejects.columns)), name, stop));
  }
  JobReport report = report_of(counts, rows);
  commit(report, stop);
  return report;
}

JobReport JobAttempt::finish(const std::stop_token& stop) {
  Connection& session = target(stop);
  stream_.load = std::make_unique<LoadTarget>(session, stream_.load->facts(), stream_.setup, options_.stream,
                                              stream_.target_server);
  stream_.load->after_parts(stop);
  const LoadCounts counts{.inserted = writing_->inserted,
                          .suppressed = writing_->suppressed,
                          .rejected = static_cast<std::uint64_t>(read_own_record(stop).rejected)};
  JobReport report = report_of(counts, writing_->inserted + writing_->suppressed);
  session.begin(target_transaction, stop);
  commit(report, stop);
  return report;
}

void JobAttempt::commit(JobReport& report, const std::stop_token& stop) {
  Connection& session = *stream_.target_session;
  const auto set_done = [&] {
    renewal_->check();
    // From here on the row of the job is locked until the COMMIT, so nobody takes it over.
    renewal_.reset();
    Ledger(session).finish(*lease_, to_json(report), stop);
  };
  try {
    if (is_published(options_)) {
      stream_.load->commit_with_ledger(stop, set_done);
    } else {
      set_done();
      session.commit(stop);
    }
  } catch (const Error& error) {
    if (!error.in_doubt()) throw;
    if (!was_finished(error, stop)) {
      if (stop.stop_requested()) throw Stopped{};
      throw Error(error.kind(), error.what(), {.sqlstate = "08006"});
    }
  }
  lease_.reset();
  if (is_published(options_) && options_.stream.analyze) analyze_published(report, stop);
}

void JobAttempt::analyze_published(JobReport& report, const std::stop_token& stop) {
  const std::size_t told = stream_.load->notes().size();
  try {
    // That one is lost where the answer to the COMMIT was.
    stream_.load->analyze_committed(target(stop), stop);
  } catch (const Stopped&) {
    report.remarks.emplace_back("ANALYZE was stopped");
  } catch (const Error& error) {
    report.remarks.push_back(std::string("ANALYZE failed: ") + error.what());
  }
  const auto& notes = stream_.load->notes();
  report.remarks.insert(report.remarks.end(), notes.begin() + static_cast<std::ptrdiff_t>(told), notes.end());
}

bool JobAttempt::was_finished(const Error& lost, const std::stop_token& stop) {
  // As long as other loads ask after a stop.
  const LateStop late(stop, longest_inquiry_after_stop);
  const auto doubtful = [&](const std::string& why) {
    return Error(lost.kind(), std::string(lost.what()) + ": the job may or may not be done, since " + why,
                 {.sqlstate = std::string(lost.sqlstate()),
                  .hint = "leat jobs show tells whether it is done, when the server has ended its COMMIT",
                  .in_doubt = true});
  };
  const auto give_up_at = SteadyClock::now() + 3 * options_.stream.limits.connect_timeout;
  const RetryPolicy pace{
      .initial_delay = std::chrono::milliseconds(20), .maximum_delay = std::chrono::seconds(2), .jitter = 0};
  for (int number = 1;; ++number) {
    try {
      return keeper_.with_ledger([&](Ledger ledger) { return ledger.was_finished(*lease_, late.token()); },
                                 late.token());
    } catch (const Stopped&) {
      throw doubtful("it was stopped before the server could tell");
    } catch (const Error& error) {
      const bool may_pass = is_transient_sqlstate(error.sqlstate());
      if (!may_pass || SteadyClock::now() >= give_up_at) {
        throw doubtful(std::string("the server cannot be asked: ") + error.what());
      }
    }
    try {
      detail::pause(backoff(pace, number, 0), late.token());
    } catch (const Stopped&) {
      throw doubtful("it was stopped before the server could tell");
    }
  }
}

JobReport JobAttempt::report_of(const LoadCounts& counts, std::uint64_t rows) const {
  JobCounters counters;
  const std::uint64_t dropped = done_.rows_read - done_.rows_sent;
  counters.rows_sent = rows + counts.rejected;
  counters.rows_read = counters.rows_sent + dropped;
  counters.bytes_read = done_.bytes_read.load();
  counters.bytes_sent = done_.bytes_sent.load();
  JobReport report = finished_report(stream_, counters, counts);
  report.waited_for_source = slices_.waited_for_source;
  report.waited_for_target = slices_.waited_for_target;
  report.most_batches_waiting = slices_.most_batches_waiting;
  report.slices_total = slices_.slices_total + skipped_;
  report.slices_done = slices_.slices_done;
  report.slices_skipped = skipped_;
  report.slices_retried = slices_.slices_retried;
  report.consistent = is_consistent_;
  report.remarks.insert(report.remarks.end(), remarks_.begin(), remarks_.end());
  if (counts.rejected > 0 && stream_.setup.rejects) {
    report.remarks.push_back(reject_note(*stream_.setup.rejects, counts.rejected, rejected_earlier_));
  }
  if (!is_consistent_) {
    report.remarks.emplace_back(
        "slices were read in several snapshots: rows that changed in between may be there twice or not at "
        "all");
  }
  return report;
}

}  // namespace leat::jobs_detail
