#include "runs/run_attempt.hpp"

#include <algorithm>
#include <random>

#include "leat/core/detail/pause.hpp"
#include "leat/core/retry.hpp"
#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/detail/in_transaction.hpp"
#include "runs/choose_loads.hpp"
#include "runs/expectation_hook.hpp"
#include "runs/schema_check.hpp"
#include "runs/timed_stop.hpp"

namespace leat::runs_detail {
namespace {

constexpr std::uint64_t usual_retries = 5;

RetryPolicy retry_policy(const LoadDocument& load) {
  constexpr std::uint64_t most = 1'000'000;
  return {.attempts = static_cast<int>(std::min(load.retries.value_or(usual_retries), most)) + 1,
          .initial_delay = std::chrono::milliseconds(500),
          .maximum_delay = std::chrono::seconds(30)};
}

double random_part() {
  std::random_device random;
  return static_cast<double>(random() % 1000U) / 1000.0;
}

bool is_good(LoadStatus status) {
  return status == LoadStatus::done || status == LoadStatus::done_with_rejects ||
         status == LoadStatus::done_before;
}

LoadStatus status_of(const JobReport& report) {
  return report.status == JobStatus::done_with_rejects ? LoadStatus::done_with_rejects : LoadStatus::done;
}

}  // namespace

std::chrono::nanoseconds RunAttempt::since_begin() const {
  return std::chrono::steady_clock::now() - begun_;
}

RunIdentity RunAttempt::identity() const {
  RunIdentity identity{.document = run_.document.name, .key = options_.idempotency_key};
  identity.content = run_.document.content;
  // Of what else decides what is loaded.
  for (const auto& [name, value] : run_.params) {
    identity.content += "\n" + name + (value ? "=" + *value : " is NULL");
  }
  for (const auto* const load : loads_) identity.content += "\n" + load->name;
  return identity;
}

RunReport RunAttempt::run(const std::stop_token& stop) {
  loads_ = chosen_loads(run_.document, options_.only);
  const TimedStop limited(stop, run_.document.run.timeout);
  const std::stop_token token = limited.token();
  try {
    take_loads(token);
  } catch (const Stopped&) {
    throw Error(ErrorKind::cancelled, "the run was stopped; nothing was loaded");
  }
  if (token.stop_requested() && !stop.stop_requested()) {
    report_.remarks.emplace_back(
        "the run was stopped when its timeout was over; the next one goes on with it");
  }
  return std::move(report_);
}

void RunAttempt::take_loads(const std::stop_token& stop) {
  const LoadDocument& first = run_.document.loads.front();
  const auto identity = this->identity();
  const auto home = session_of(run_, first, ErrorKind::target, stop);
  Ledger(*home).prepare(0, stop);
  prepare_runs(*home, stop);
  const RunGuard guard(session_of(run_, first, ErrorKind::target, stop), identity,
                       identity.key.empty() ? std::chrono::milliseconds() : options_.longest_wait, stop);
  const RunRecord record = take_run(*home, identity, options_.begins_new, stop);
  run_.prefix = job_prefix(record.id);
  run_.application_name = "leat run " + record.id;
  run_.log = run_.log.with({{"run", record.id}});
  report_ = {.id = record.id,
             .document = run_.document.name,
             .labels = run_.document.labels,
             .is_continued = !record.is_new,
             .started_at = record.started_at};
  earlier_runs_ = last_runs(*home, run_.document.name, stop);
  std::erase(earlier_runs_, record.id);
  running_.loads = loads_.size();
  if (run_.document.atomic == Atomic::all) {
    all_loads(stop);
  } else {
    each_load(stop);
  }
  report_.elapsed = since_begin();
  conclude(stop);
}

void RunAttempt::each_load(const std::stop_token& stop) {
  for (const auto* const load : loads_) {
    ++running_.number;
    running_.name = load->name;
    report_.loads.push_back(one_load(*load, stop));
    if (options_.on_load) options_.on_load(report_.loads.back());
  }
}

void RunAttempt::all_loads(const std::stop_token& stop) {
  for (std::size_t attempts = 1;; ++attempts) {
    const auto error = try_all(stop);
    for (auto& load : report_.loads) load.attempts = attempts;
    if (!error || !tries_again(*loads_.front(), *error, attempts, stop)) break;
    done_.clear();
  }
  for (const auto& load : report_.loads) {
    if (options_.on_load) options_.on_load(load);
  }
}

std::optional<Error> RunAttempt::try_all(const std::stop_token& stop) {
  report_.loads.clear();
  running_.number = 0;
  transaction_ =
      std::make_shared<SharedTransaction>(session_of(run_, *loads_.front(), ErrorKind::target, stop), stop);
  LoadOutcome* failed = nullptr;
  report_.loads.reserve(loads_.size());
  for (const auto* const load : loads_) {
    ++running_.number;
    running_.name = load->name;
    if (failed != nullptr) {
      report_.loads.push_back({.name = load->name,
                               .job = job_name(run_, *load),
                               .status = LoadStatus::waits,
                               .waits_for = failed->name,
                               .begun = since_begin()});
      continue;
    }
    report_.loads.push_back(one_load(*load, stop));
    if (!is_good(report_.loads.back().status)) failed = &report_.loads.back();
  }
  if (failed == nullptr) {
    try {
      if (auto note = transaction_->commit(stop)) report_.remarks.push_back(std::move(*note));
    } catch (const Stopped&) {
      failed = &report_.loads.back();
      failed->status = LoadStatus::cancelled;
    } catch (const Error& error) {
      failed = &report_.loads.back();
      failed->status = error.kind() == ErrorKind::cancelled ? LoadStatus::cancelled : LoadStatus::failed;
      failed->error = error;
    }
  }
  transaction_.reset();
  if (failed == nullptr) return std::nullopt;
  for (auto& load : report_.loads) {
    if (!is_good(load.status) || load.status == LoadStatus::done_before) continue;
    load.status = LoadStatus::rolled_back;
    load.waits_for = failed->name;
    // It tells of rows that are not there.
    load.report.reset();
    load.unusual.clear();
  }
  return failed->status == LoadStatus::failed ? failed->error : std::nullopt;
}

bool RunAttempt::tries_again(const LoadDocument& load, const Error& error, std::size_t attempts,
                             const std::stop_token& stop) {
  // What became of a COMMIT whose answer was lost is seen in the ledger by the next attempt.
  const auto step = decide_unit_retry(retry_policy(load), error, static_cast<int>(attempts), random_part(),
                                      error.in_doubt() ? Doubt::resolved : Doubt::open);
  if (step.action != RetryAction::retry) return false;
  run_.log.warning("load " + load.name + " is tried again: " + error.what());
  try {
    detail::pause(step.delay, stop);
  } catch (const Stopped&) {
    return false;
  }
  return true;
}

std::set<std::string>& RunAttempt::ledger_of(const LoadDocument& load, const std::stop_token& stop) {
  const auto known = done_.find(load.target);
  if (known != done_.end()) return known->second;
  const auto session = session_of(run_, load, ErrorKind::target, stop);
  Ledger(*session).prepare(0, stop);
  std::vector<std::string> loads;
  for (const auto* const one : loads_) {
    if (one->target == load.target) loads.push_back(one->name);
  }
  for (auto& [name, earlier] : history_of(*session, earlier_runs_, loads, stop)) {
    history_[name] = std::move(earlier);
  }
  return done_.emplace(load.target, done_jobs(*session, run_.prefix, stop)).first->second;
}

LoadOutcome RunAttempt::one_load(const LoadDocument& load, const std::stop_token& stop) {
  LoadOutcome outcome{.name = load.name, .job = job_name(run_, load), .begun = since_begin()};
  if (stop.stop_requested()) return outcome;
  for (const auto& before : load.after) {
    const auto found = std::find_if(report_.loads.begin(), report_.loads.end(),
                                    [&](const LoadOutcome& one) { return one.name == before; });
    // A load that was not chosen is taken as done.
    if (found == report_.loads.end() || is_good(found->status)) continue;
    outcome.status = LoadStatus::waits;
    outcome.waits_for = before;
    return outcome;
  }
  for (outcome.attempts = 1;; ++outcome.attempts) {
    try {
      attempt(load, outcome, stop);
      break;
    } catch (const Stopped&) {
      outcome.status = LoadStatus::cancelled;
      break;
    } catch (const Error& error) {
      outcome.error = with_place(load, error);
      outcome.status = error.kind() == ErrorKind::cancelled ? LoadStatus::cancelled : LoadStatus::failed;
      if (outcome.status == LoadStatus::cancelled) break;
      if (transaction_ || !tries_again(load, error, outcome.attempts, stop)) break;
      outcome.error.reset();
      done_.erase(load.target);
    }
  }
  outcome.elapsed = since_begin() - outcome.begun;
  return outcome;
}

void RunAttempt::attempt(const LoadDocument& load, LoadOutcome& outcome, const std::stop_token& stop) {
  if (ledger_of(load, stop).contains(outcome.job)) {
    outcome.status = LoadStatus::done_before;
    return;
  }
  if (load.what == LoadDocument::What::tables) return load_tables(load, outcome, stop);
  outcome.remarks = check_schema(run_, load, stop);
  const auto progress = [&](const Progress& now) {
    if (options_.on_progress) options_.on_progress(running_, now);
  };
  const auto& earlier = history_[load.name];
  if (is_query(load)) {
    auto options = query_options(run_, load);
    options.stream.on_progress = progress;
    options.stream.transaction = transaction_;
    options.stream.expect = expectation_hook(load, earlier);
    outcome.report = AdHocQuery(std::move(options)).run(stop);
  } else {
    auto options = table_options(run_, load, stop);
    options.stream.on_progress = progress;
    options.stream.transaction = transaction_;
    options.stream.expect = expectation_hook(load, earlier);
    outcome.report = CopyTable(std::move(options)).run(stop);
  }
  outcome.status = status_of(*outcome.report);
  outcome.unusual = unusual_of(*outcome.report, earlier);
}

void RunAttempt::load_tables(const LoadDocument& load, LoadOutcome& outcome, const std::stop_token& stop) {
  const auto chosen = chosen_tables(run_, load, ledger_of(load, stop), stop);
  if (!chosen.empty()) {
    auto options = tables_options(run_, load, chosen);
    options.on_tables_progress = [&](const TablesProgress& progress) {
      if (options_.on_tables_progress) options_.on_tables_progress(running_, progress);
    };
    const auto begun = since_begin() - outcome.begun;
    auto report = CopyTables(std::move(options)).run(stop);
    for (auto& table : report.tables) table.begun += begun;  // behind the load's begin
    // What an attempt before this one has copied is left out now.
    for (auto& table : outcome.tables ? outcome.tables->tables : std::vector<CopiedTable>()) {
      if (table.error) continue;
      report.rows_written += table.report.rows_written;
      report.bytes_written = ByteCount{report.bytes_written.count() + table.report.bytes_written.count()};
      report.tables.push_back(std::move(table));
    }
    outcome.tables = std::move(report);
    if (outcome.tables->status == JobStatus::cancelled) {
      outcome.status = LoadStatus::cancelled;
      return;
    }
    if (const auto error = outcome.tables->first_error()) throw *error;
  }
  const auto session = session_of(run_, load, ErrorKind::target, stop);
  postgres_detail::in_transaction(
      *session, stop, [&] { static_cast<void>(put_done_job(*session, marker(outcome.job), stop)); });
  outcome.status = LoadStatus::done;
}

void RunAttempt::conclude(const std::stop_token& stop) {
  const auto has = [this](LoadStatus status) {
    return std::any_of(report_.loads.begin(), report_.loads.end(),
                       [&](const LoadOutcome& load) { return load.status == status; });
  };
  report_.status = has(LoadStatus::cancelled)           ? JobStatus::cancelled
                   : report_.failed() > 0               ? JobStatus::failed
                   : has(LoadStatus::done_with_rejects) ? JobStatus::done_with_rejects
                                                        : JobStatus::done;
  const bool is_done = report_.failed() == 0 && report_.status != JobStatus::cancelled;
  // The loads stand, whatever becomes of what is told of them; and a stop leaves some time for that.
  try {
    const TimedStop late({}, std::chrono::seconds(5));
    const std::stop_token token = stop.stop_requested() ? late.token() : stop;
    const LoadDocument& first = run_.document.loads.front();
    const auto home = session_of(run_, first, ErrorKind::target, token);
    end_run(*home, report_.id, is_done, to_json(report_), token);
    if (!is_done) return;
    for (const auto& id : old_runs(*home, run_.document.name, options_.kept_runs, token)) {
      std::set<std::string> told;
      for (const auto& load : run_.document.loads) {
        if (!told.insert(load.target).second || load.target == first.target) continue;
        forget_jobs(*session_of(run_, load, ErrorKind::target, token), id, token);
      }
      forget_jobs(*home, id, token);
      forget_run(*home, id, token);
    }
  } catch (const Stopped&) {
    report_.remarks.emplace_back("leat_meta.runs was not told of the end: the run was stopped");
  } catch (const Error& error) {
    report_.remarks.push_back(std::string("leat_meta.runs was not told of the end: ") + error.what());
  }
}

}  // namespace leat::runs_detail
