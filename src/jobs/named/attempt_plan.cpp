#include <algorithm>
#include <array>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/named/job_attempt.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/table_units.hpp"

namespace leat::jobs_detail {

std::vector<Unit> JobAttempt::plan_units(const AcquiredJob& acquired, const std::stop_token& stop) {
  const JobRecord& record = acquired.record;
  std::vector<PlannedSlice> stored;
  if (record.has_plan) {
    stored = keeper_.with_ledger([&](Ledger ledger) { return ledger.read_plan(*lease_, stop); }, stop);
  }
  facts_.skipped = static_cast<std::size_t>(
      std::count_if(stored.begin(), stored.end(), [](const auto& slice) { return slice.is_done; }));
  const bool is_all_done = record.has_plan && facts_.skipped == stored.size();
  const bool goes_on = record.has_plan && (is_all_done || may_go_on(record));
  auto units = goes_on ? units_left(record, stored, stop) : new_units(record, stop);
  keeper_.with_ledger(
      [&](Ledger ledger) {
        ledger.set_source(
            *lease_, snapshot_,
            facts_.is_consistent ? SourceConsistency::one_snapshot : SourceConsistency::several_snapshots,
            stop);
      },
      stop);
  if (is_published(options_)) name_staging(stop);
  return units;
}

std::vector<Unit> JobAttempt::units_left(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                                         const std::stop_token& stop) {
  name_target(record, stored, stop);
  count_earlier_rejects(record);
  facts_.is_consistent =
      record.is_consistent && (facts_.skipped == stored.size() || record.source_snapshot == snapshot_);
  std::vector<Unit> units;
  for (const auto& slice : stored) {
    if (slice.is_done) continue;
    // What means nothing any more is known before the first row.
    units_->check(slice.definition);
    units.push_back({.number = slice.number, .definition = slice.definition});
  }
  return units;
}

std::vector<Unit> JobAttempt::new_units(const JobRecord& record, const std::stop_token& stop) {
  if (record.has_plan) {
    facts_.remarks.push_back("what an earlier attempt had done (" + std::to_string(facts_.skipped) +
                             " slices) was read in a snapshot that is gone, and was discarded");
    *lease_ = keeper_.with_ledger(
        [&](Ledger ledger) { return ledger.new_run(*lease_, facts_.remarks, stop); }, stop);
  }
  facts_.skipped = 0;
  name_target({}, {}, stop);
  auto definitions = units_->cut();
  for (auto& definition : definitions) definition = with_target(definition, facts_.into);
  auto units = number_units(std::move(definitions));
  std::vector<PlannedSlice> planned;
  for (const auto& unit : units) planned.push_back({.number = unit.number, .definition = unit.definition});
  keeper_.with_ledger([&](Ledger ledger) { ledger.store_plan(*lease_, planned, stop); }, stop);
  return units;
}

bool JobAttempt::may_go_on(const JobRecord& record) const {
  const std::size_t done = facts_.skipped;
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

void JobAttempt::name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                             const std::stop_token& stop) {
  if (is_published(options_)) return;
  Connection& session = target(stop);
  const TableInfo& table = load_.load->table();
  std::string& into = facts_.into;
  const std::string now = files_of_table(session, table.oid, stop);
  into = stored.empty() ? now : target_of(stored.front().definition);
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

void JobAttempt::count_earlier_rejects(const JobRecord& record) {
  facts_.rejected_earlier = static_cast<std::uint64_t>(record.rejected);
  const std::uint64_t most = options_.stream.max_rejects;
  if (facts_.rejected_earlier > most) {
    throw Error(ErrorKind::config,
                "earlier attempts of job " + record.name + " have rejected " +
                    std::to_string(facts_.rejected_earlier) +
                    (facts_.rejected_earlier == 1 ? " row" : " rows") + ", more than the " +
                    std::to_string(most) + " that are allowed",
                {.hint = is_published(options_) ? "allow as many (--max-rejects), or begin anew (--restart)"
                                                : "allow as many (--max-rejects)"});
  }
  if (load_.setup.rejects) load_.setup.rejects->book->count_earlier(facts_.rejected_earlier);
}

void JobAttempt::name_staging(const std::stop_token& stop) {
  facts_.staging =
      keeper_.with_ledger([&](Ledger ledger) { return ledger.name_staging(*lease_, stop); }, stop);
  Connection& session = target(stop);
  const std::array<Parameter, 1> name{facts_.staging->sql()};
  const bool exists =
      session.execute("SELECT pg_catalog.to_regclass($1) IS NOT NULL", name, stop).boolean(0, 0);
  if (exists) return;
  if (facts_.skipped > 0) {
    throw Error(ErrorKind::target,
                "the table " + facts_.staging->display() + ", in which the job's slices are, is gone",
                {.sqlstate = "42P01", .hint = "begin the job anew (--restart)"});
  }
  LoadSetup setup = load_.setup;
  setup.staging = facts_.staging;
  session.begin(target_transaction, stop);
  TableLoad(session, load_.load->facts(), std::move(setup), options_.stream, load_.target_server)
      .create_staging(stop);
  session.commit(stop);
}

}  // namespace leat::jobs_detail
