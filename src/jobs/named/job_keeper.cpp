#include "jobs/named/job_keeper.hpp"

#include <algorithm>

#include "jobs/prepare/stream_job.hpp"

namespace leat::jobs_detail {
namespace {

// A busy server needs some time to store a long plan.
constexpr std::chrono::seconds least_patience{10};

}  // namespace

Ledger JobKeeper::ledger(const std::stop_token& stop) {
  if (!session_ || !session_->is_open()) {
    // Whoever waits for an answer longer than that has lost the lease meanwhile.
    const auto patience = std::max<std::chrono::milliseconds>(options_.delivery.lease, least_patience);
    session_ = connect(options_.target, ErrorKind::target, options_.stream, stop,
                       std::min(patience, SessionOptions().reply_timeout));
    if (lease_) Ledger(*session_).attend(*lease_, stop);
  }
  return Ledger(*session_);
}

std::optional<JobRecord> JobKeeper::find_done(const std::stop_token& stop) {
  if (options_.delivery.restart) return std::nullopt;
  auto record =
      with_ledger([&](const Ledger&) { return read_job(*session_, options_.delivery.job, stop); }, stop);
  if (!record || record->state != JobState::done) return std::nullopt;
  if (!source_) {
    const auto session = connect(options_.source, ErrorKind::source, options_.stream, stop);
    source_ = job_source(options_.source, *session, stop);
  }
  try {
    with_ledger([&](Ledger ledger) { ledger.check_command(job_request(options_, *source_), stop); }, stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
    return std::nullopt;  // which is told before anything is done
  }
  return record;
}

std::string JobKeeper::target_label() {
  const std::lock_guard lock(mutex_);
  return session_ && session_->is_open() ? options_.target.label_of(*session_) : options_.target.label;
}

void JobKeeper::give_up_own(Ledger& ledger, const std::stop_token& stop) {
  const auto record = read_job(*session_, options_.delivery.job, stop);
  if (!record || record->state != JobState::running || record->holder != holder_) return;
  ledger.release({.job = record->name, .run = record->run, .epoch = record->epoch}, "its connection was lost",
                 stop);
}

AcquiredJob JobKeeper::acquire(Oid table, const std::stop_token& stop) {
  const Delivery& delivery = options_.delivery;
  {
    const std::lock_guard lock(mutex_);
    lease_.reset();
  }
  auto acquired = with_ledger(
      [&](Ledger ledger) {
        ledger.prepare(table, stop);
        give_up_own(ledger, stop);
        JobRequest request = job_request(options_, source_.value());
        request.holder = holder_;
        request.lease = delivery.lease;
        request.earlier = delivery.restart ? EarlierRun::restart : EarlierRun::resume;
        return ledger.acquire(request, stop);
      },
      stop);
  renewed_ = SteadyClock::now();
  if (acquired.outcome != JobOutcome::already_done) {
    const std::lock_guard lock(mutex_);
    lease_ = acquired.lease;
  }
  return acquired;
}

void JobKeeper::renew_if_due(const JobLease& lease, const std::stop_token& stop) {
  const auto now = SteadyClock::now();
  if (now - tried_ < options_.delivery.lease / 4) return;
  tried_ = now;
  try {
    with_ledger([&](Ledger ledger) { ledger.renew(lease, options_.delivery.lease, stop); }, stop);
    renewed_ = now;
  } catch (const Error& error) {
    const bool may_pass = is_transient_sqlstate(error.sqlstate());
    if (!may_pass || now - renewed_ > options_.delivery.lease) throw;
  }
}

void JobKeeper::forget() noexcept {
  try {
    const std::lock_guard lock(mutex_);
    static_cast<void>(ledger({}));
    static_cast<void>(forget_job(*session_, options_.delivery.job));
  } catch (const std::exception& failure) {
    options_.stream.log.warning("the ledger of job " + options_.delivery.job +
                                " is still there (leat jobs forget): " + failure.what());
  }
}

void JobKeeper::release(const JobLease& lease, const std::string& error) noexcept {
  try {
    // Also after a stop request; every step has a limit.
    with_ledger([&](Ledger ledger) { ledger.release(lease, error); }, {});
  } catch (const std::exception& failure) {
    options_.stream.log.warning(
        std::string("the job could not be given up, so it is free when its lease ends: ") + failure.what());
  }
}

}  // namespace leat::jobs_detail
