// What an attempt has to do, by what earlier ones have done.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "jobs/named/job_attempt.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/slice_definition.hpp"
#include "jobs/run/parallel_copy.hpp"
#include "leat/ledger/job_record.hpp"

namespace leat::jobs_detail {

bool JobAttempt::may_go_on(const JobRecord& record, std::size_t done) const {
  if (record.source_snapshot == snapshot_ || done == 0) return record.source_snapshot == snapshot_;
  switch (options_.delivery.on_lost_snapshot) {
    case OnLostSnapshot::redo:
      return false;
    case OnLostSnapshot::carry_on:
      return true;
    case OnLostSnapshot::refuse:
      break;
  }
  throw Error(ErrorKind::source,
              "the snapshot in which " + std::to_string(done) + " slices of job " + record.name +
                  " were read is gone, and another one may have other rows",
              {.sqlstate = "55000",
               .hint = is_published(options_)
                           ? "--on-lost-snapshot=continue keeps what was done, --restart begins anew"
                           : "--on-lost-snapshot=continue keeps what was done"});
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

void JobAttempt::start_run(const std::stop_token& stop) {
  lease_ = keeper_.with_ledger([&](Ledger ledger) { return ledger.new_run(*lease_, remarks_, stop); }, stop);
}

void JobAttempt::name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                             const std::stop_token& stop) {
  if (is_published(options_)) return;
  Connection& session = target(stop);
  const TableInfo& table = stream_.load->table();
  std::string& into = stream_.slices->into;
  const std::string now = files_of_table(session, table.oid, stop);
  into = stored.empty() ? now : target_of_slice(stored.front().definition);
  if (into.empty() || into == now || record.rows == 0) return;
  // VACUUM FULL and its like leave all rows there.
  const auto rows =
      session.execute_long("SELECT pg_catalog.count(*) FROM " + table.name.sql(), {}, stop).integer(0, 0);
  if (rows >= record.rows) return;
  const std::string name = table.name.display();
  throw Error(ErrorKind::target,
              name + " was dropped, truncated or made anew since job " + record.name + " has put " +
                  std::to_string(record.rows) + " rows into it: it has " + std::to_string(rows),
              {.sqlstate = "55000",
               .hint = "take out what the job has put into " + name +
                       ", remove it (leat jobs forget), and run the command again, which then copies all"});
}

std::vector<SliceTask> JobAttempt::plan(const AcquiredJob& acquired, const std::stop_token& stop) {
  const JobRecord& record = acquired.record;
  std::vector<PlannedSlice> stored;
  if (record.has_plan) {
    stored = keeper_.with_ledger([&](Ledger ledger) { return ledger.read_plan(*lease_, stop); }, stop);
  }
  skipped_ = static_cast<std::size_t>(
      std::count_if(stored.begin(), stored.end(), [](const auto& slice) { return slice.is_done; }));
  const bool is_all_done = record.has_plan && skipped_ == stored.size();
  const bool goes_on = record.has_plan && (is_all_done || may_go_on(record, skipped_));
  auto tasks = goes_on ? slices_left(record, stored, stop) : new_slices(record, stop);
  keeper_.with_ledger(
      [&](Ledger ledger) {
        ledger.set_source(
            *lease_, snapshot_,
            is_consistent_ ? SourceConsistency::one_snapshot : SourceConsistency::several_snapshots, stop);
      },
      stop);
  if (is_published(options_)) name_staging(skipped_ == 0, stop);
  return tasks;
}

std::vector<SliceTask> JobAttempt::slices_left(const JobRecord& record,
                                               const std::vector<PlannedSlice>& stored,
                                               const std::stop_token& stop) {
  name_target(record, stored, stop);
  count_earlier_rejects(record);
  is_consistent_ = record.is_consistent && (skipped_ == stored.size() || record.source_snapshot == snapshot_);
  std::vector<SliceTask> tasks;
  for (const auto& slice : stored) {
    if (slice.is_done) continue;
    tasks.push_back({.number = static_cast<std::size_t>(slice.number),
                     .slice = parse_slice(*stream_.slices, slice.definition)});
  }
  return tasks;
}

std::vector<SliceTask> JobAttempt::new_slices(const JobRecord& record, const std::stop_token& stop) {
  if (record.has_plan) {
    remarks_.push_back("what an earlier attempt had done (" + std::to_string(skipped_) +
                       " slices) was read in a snapshot that is gone, and was discarded");
    start_run(stop);
  }
  skipped_ = 0;
  name_target({}, {}, stop);
  std::vector<SliceTask> tasks;
  std::vector<PlannedSlice> planned;
  for (const auto& slice : stream_.slices->slices) {
    tasks.push_back({.number = tasks.size(), .slice = slice});
    planned.push_back({.number = static_cast<std::int64_t>(planned.size()),
                       .definition = slice_definition(*stream_.slices, slice)});
  }
  keeper_.with_ledger([&](Ledger ledger) { ledger.store_plan(*lease_, planned, stop); }, stop);
  return tasks;
}

void JobAttempt::count_earlier_rejects(const JobRecord& record) {
  rejected_earlier_ = static_cast<std::uint64_t>(record.rejected);
  const std::uint64_t most = options_.stream.max_rejects;
  if (rejected_earlier_ > most) {
    throw Error(ErrorKind::config,
                "earlier attempts of job " + record.name + " have rejected " +
                    std::to_string(rejected_earlier_) + (rejected_earlier_ == 1 ? " row" : " rows") +
                    ", more than the " + std::to_string(most) + " that are allowed",
                {.hint = is_published(options_) ? "allow as many (--max-rejects), or begin anew (--restart)"
                                                : "allow as many (--max-rejects)"});
  }
  if (stream_.setup.rejects) stream_.setup.rejects->book->count_earlier(rejected_earlier_);
}

void JobAttempt::name_staging(bool is_new, const std::stop_token& stop) {
  staging_ = keeper_.with_ledger([&](Ledger ledger) { return ledger.name_staging(*lease_, stop); }, stop);
  Connection& session = target(stop);
  const std::array<Parameter, 1> name{staging_->sql()};
  const bool exists =
      session.execute("SELECT pg_catalog.to_regclass($1) IS NOT NULL", name, stop).boolean(0, 0);
  if (exists) return;
  if (!is_new) {
    throw Error(ErrorKind::target,
                "the table " + staging_->display() + ", in which the job's slices are, is gone",
                {.sqlstate = "42P01", .hint = "begin the job anew (--restart)"});
  }
  LoadSetup setup = stream_.setup;
  setup.staging = staging_;
  session.begin(target_transaction, stop);
  LoadTarget(session, stream_.load->facts(), std::move(setup), options_.stream, stream_.target_server)
      .create_staging(stop);
  session.commit(stop);
}

}  // namespace leat::jobs_detail
