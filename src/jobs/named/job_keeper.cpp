#include "jobs/named/job_keeper.hpp"

#include <algorithm>
#include <array>

#include "jobs/prepare/prepare_target.hpp"
#include "leat/core/detail/pause.hpp"
#include "leat/ledger/slice_ledger.hpp"

namespace leat::jobs_detail {
namespace {

// A busy server needs some time to store a long plan.
constexpr std::chrono::seconds least_patience{10};
// Workers of an attempt look so often whether others have nothing to do.
constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::milliseconds claim_again{200};

}  // namespace

Ledger JobKeeper::ledger(const std::stop_token& stop) {
  if (!session_ || !session_->is_open()) {
    // Whoever waits for an answer longer than that has lost the lease meanwhile.
    const auto patience = std::max<std::chrono::milliseconds>(options_.delivery.lease, least_patience);
    session_ = connect(options_.target, ErrorKind::target, options_.stream, stop,
                       std::min(patience, SessionOptions().reply_timeout));
    if (lease_) Ledger(*session_).attend(*lease_, stop);
    try {
      if (worker_) static_cast<void>(renew_worker(*session_, *worker_, is_hungry_, lease_time(), stop));
    } catch (const Error& error) {
      // Whatever is done next with the job says so.
      if (error.sqlstate() != "55000") throw;
    }
  }
  return Ledger(*session_);
}

std::optional<JobRecord> JobKeeper::find_done(const std::stop_token& stop) {
  if (options_.delivery.restart) return std::nullopt;
  auto record =
      with_ledger([&](const Ledger&) { return read_job(*session_, options_.delivery.job, stop); }, stop);
  if (!record || record->state != JobState::done) return std::nullopt;
  if (!source_) {
    const auto session = options_.source.store.empty()
                             ? connect(options_.source, ErrorKind::source, options_.stream, stop)
                             : nullptr;
    source_ =
        job_source(options_.source, session.get(), session ? survey_server(*session, stop) : ServerFacts());
  }
  try {
    with_ledger([&](Ledger ledger) { ledger.check_command(request(), stop); }, stop);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::config) throw;
    return std::nullopt;  // which is told before anything is done
  }
  require_target(*record, stop);
  return record;
}

void JobKeeper::require_target(const JobRecord& done, const std::stop_token& stop) {
  const auto table = TableName::parse(options_.table.target_name());
  const std::array<Parameter, 1> name{table.sql()};
  const bool is_there = with_ledger(
      [&](const Ledger&) {
        return session_->execute("SELECT pg_catalog.to_regclass($1) IS NOT NULL", name, stop).boolean(0, 0);
      },
      stop);
  if (is_there) return;
  throw Error(ErrorKind::target,
              "job " + done.name + " was done at " + done.finished_at + ", but its table " + table.display() +
                  " is not there any more",
              {.sqlstate = "42P01",
               .hint = ".restart loads it anew; leat jobs forget removes what is known of the job"});
}

JobRequest JobKeeper::request() const {
  return request_ ? request_(source_.value()) : job_request(options_, source_.value());
}

std::string JobKeeper::target_label() {
  const std::lock_guard lock(mutex_);
  return session_ && session_->is_open() ? options_.target.label_of(*session_) : options_.target.label;
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
        const auto own = read_job(*session_, delivery.job, stop);
        if (own && own->state == JobState::running && own->holder == holder_) {
          ledger.release({.job = own->name, .run = own->run, .epoch = own->epoch}, "its connection was lost",
                         lease_time(), stop);
        }
        JobRequest request = this->request();
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

void JobKeeper::enter(const JobLease& lease, const AttemptDetails& details, const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    worker_.reset();
    lease_ = lease;
  }
  const auto worker = with_ledger(
      [&](Ledger ledger) {
        ledger.attend(lease, stop);
        return enter_attempt(*session_, lease, holder_, details, lease_time(), stop);
      },
      stop);
  is_hungry_ = false;
  are_others_hungry_ = false;
  renewed_ = SteadyClock::now();
  const std::lock_guard lock(mutex_);
  worker_ = worker;
}

std::uint64_t JobKeeper::rows_committed(const JobLease& lease, const std::stop_token& stop) {
  return with_ledger([&](const Ledger&) { return rows_of_attempt(*session_, lease, stop); }, stop);
}

void JobKeeper::announce(const Connection& session, const std::stop_token& stop) {
  with_ledger([&](const Ledger&) { register_session_of(*session_, session, lease_.value(), stop); }, stop);
}

SliceClaim JobKeeper::claim(std::int64_t after, std::span<const std::int64_t> held,
                            const std::stop_token& stop) {
  const auto since = SteadyClock::now();
  while (true) {
    try {
      return with_ledger(
          [&](const Ledger&) { return claim_slice(*session_, worker_.value(), after, held, stop); }, stop);
    } catch (const Error& error) {
      // Another worker may have done all that was left.
      if (error.sqlstate() == "55000" && is_done(stop)) return {};
      // A server that restarts is waited for as long as nobody else may take the job. A claim in doubt is
      // made once more.
      if (!is_transient_sqlstate(error.sqlstate()) || SteadyClock::now() - since > lease_time()) throw;
    }
    detail::pause(claim_again, stop);
  }
}

std::optional<std::int64_t> JobKeeper::cut(const PlannedSlice& head, const std::string& rest,
                                           const std::stop_token& stop) {
  return with_ledger([&](Ledger ledger) { return ledger.cut(lease_.value(), head, rest, stop); }, stop);
}

bool JobKeeper::claim_publication(const std::stop_token& stop) {
  return with_ledger([&](const Ledger&) { return leat::claim_publication(*session_, worker_.value(), stop); },
                     stop);
}

void JobKeeper::leave() noexcept {
  try {
    if (!worker_) return;
    with_ledger([&](const Ledger&) { leave_attempt(*session_, *worker_); }, {});
  } catch (const std::exception& failure) {
    options_.stream.log.warning(
        std::string(
            "the job could not be left, so its other workers wait until the time of this one is over: ") +
        failure.what());
  }
}

void JobKeeper::renew_if_due(const std::stop_token& stop) {
  const auto now = SteadyClock::now();
  const bool is_hungry = is_hungry_;
  // Others are told at once that there is nothing to do here.
  const bool is_due = now - tried_ >= lease_time() / 4 || is_hungry != told_hungry_;
  if (!is_due && now - looked_ < look_interval) return;
  looked_ = now;
  if (is_due) tried_ = now;
  try {
    are_others_hungry_ = with_ledger(
        [&](const Ledger&) {
          const JobWorker& worker = worker_.value();
          return is_due ? renew_worker(*session_, worker, is_hungry, lease_time(), stop)
                        : has_hungry_workers(*session_, worker, stop);
        },
        stop);
    if (!is_due) return;
    told_hungry_ = is_hungry;
    renewed_ = now;
  } catch (const Error& error) {
    // Another worker may have done the last step.
    if (error.sqlstate() == "55000" && is_done(stop)) return;
    const bool may_pass = is_transient_sqlstate(error.sqlstate());
    if (!may_pass || now - renewed_ > lease_time()) throw;
  }
}

bool JobKeeper::is_done(const std::stop_token& stop) {
  const auto record =
      with_ledger([&](const Ledger&) { return read_job(*session_, options_.delivery.job, stop); }, stop);
  const std::lock_guard lock(mutex_);
  // Another attempt's end is none of this one's.
  return record && record->state == JobState::done && lease_ && record->epoch == lease_->epoch;
}

void JobKeeper::forget() noexcept {
  try {
    with_ledger([&](const Ledger&) { forget_job(*session_, options_.delivery.job); }, {});
  } catch (const std::exception& failure) {
    options_.stream.log.warning("the ledger of job " + options_.delivery.job +
                                " is still there (leat jobs forget): " + failure.what());
  }
}

void JobKeeper::release(const JobLease& lease, const std::string& error,
                        std::chrono::milliseconds next_within) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      worker_.reset();
    }
    // Also after a stop request; every step has a limit.
    with_ledger([&](Ledger ledger) { ledger.release(lease, error, next_within); }, {});
  } catch (const std::exception& failure) {
    options_.stream.log.warning(
        std::string("the job could not be given up, so it is free when its lease ends: ") + failure.what());
  }
}

}  // namespace leat::jobs_detail
