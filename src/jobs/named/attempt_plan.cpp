#include "jobs/named/attempt_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "jobs/load/target_sql.hpp"
#include "jobs/named/ledger_coordinator.hpp"
#include "jobs/prepare/job_identity.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/table_units.hpp"

namespace leat::jobs_detail {

std::vector<Unit> AttemptPlan::make(const AcquiredJob& acquired, const std::stop_token& stop) {
  const JobRecord& record = acquired.record;
  std::vector<PlannedSlice> stored;
  if (record.has_plan) {
    stored =
        state_.keeper.with_ledger([&](Ledger ledger) { return ledger.read_plan(*state_.lease, stop); }, stop);
  }
  state_.facts.skipped = static_cast<std::size_t>(
      std::count_if(stored.begin(), stored.end(), [](const auto& slice) { return slice.is_done; }));
  const bool is_all_done = record.has_plan && state_.facts.skipped == stored.size();
  const bool goes_on = record.has_plan && (is_all_done || may_go_on(record));
  if (goes_on) check_bounds(stored);
  auto units = goes_on ? units_left(record, stored, stop) : new_units(record, stop);
  state_.keeper.with_ledger(
      [&](Ledger ledger) {
        ledger.set_source(*state_.lease, state_.snapshot,
                          state_.facts.is_consistent ? SourceConsistency::one_snapshot
                                                     : SourceConsistency::several_snapshots,
                          stop);
      },
      stop);
  if (is_published(state_.options)) name_staging(stop);
  return units;
}

std::vector<Unit> AttemptPlan::units_left(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                                          const std::stop_token& stop) {
  name_target(record, stored, stop);
  count_earlier_rejects(record);
  state_.facts.is_consistent = record.is_consistent && (state_.facts.skipped == stored.size() ||
                                                        record.source_snapshot == state_.snapshot);
  std::vector<Unit> units;
  for (const auto& slice : stored) {
    if (slice.is_done) continue;
    // What means nothing any more is known before the first row.
    state_.units->check(slice.definition);
    units.push_back({.number = slice.number, .definition = slice.definition});
  }
  return units;
}

std::vector<Unit> AttemptPlan::new_units(const JobRecord& record, const std::stop_token& stop) {
  if (record.has_plan) {
    state_.facts.remarks.push_back("what an earlier attempt had done (" +
                                   std::to_string(state_.facts.skipped) +
                                   " slices) was read in a snapshot that is gone, and was discarded");
    *state_.lease = state_.keeper.with_ledger(
        [&](Ledger ledger) { return ledger.new_run(*state_.lease, state_.facts.remarks, stop); }, stop);
  }
  state_.facts.skipped = 0;
  name_target({}, {}, stop);
  auto definitions = state_.units->cut();
  for (auto& definition : definitions) definition = with_target(definition, state_.facts.into);
  auto units = number_units(std::move(definitions));
  std::vector<PlannedSlice> planned;
  for (const auto& unit : units) planned.push_back({.number = unit.number, .definition = unit.definition});
  state_.keeper.with_ledger([&](Ledger ledger) { ledger.store_plan(*state_.lease, planned, stop); }, stop);
  return units;
}

void AttemptPlan::check_bounds(const std::vector<PlannedSlice>& stored) const {
  if (!state_.load.incremental || stored.empty()) return;
  if (bounds_of_definition(stored.front().definition) == state_.load.incremental) return;
  // Between the look at the job and taking it; the next attempt reads those that it has.
  throw Error(ErrorKind::target, "another attempt has begun the job anew meanwhile", {.sqlstate = "40001"});
}

bool AttemptPlan::may_go_on(const JobRecord& record) const {
  const std::size_t done = state_.facts.skipped;
  if (record.source_snapshot == state_.snapshot || done == 0)
    return record.source_snapshot == state_.snapshot;
  switch (state_.options.delivery.on_lost_snapshot) {
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
               .hint = is_published(state_.options)
                           ? "OnLostSnapshot::carry_on keeps what was done, .restart begins anew"
                           : "OnLostSnapshot::carry_on keeps what was done"});
}

void AttemptPlan::name_target(const JobRecord& record, const std::vector<PlannedSlice>& stored,
                              const std::stop_token& stop) {
  if (is_published(state_.options)) return;
  Connection& session = state_.target(stop);
  const TableInfo& table = state_.load.load->table();
  std::string& into = state_.facts.into;
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

void AttemptPlan::count_earlier_rejects(const JobRecord& record) {
  state_.facts.rejected_earlier = static_cast<std::uint64_t>(record.rejected);
  const std::uint64_t most = state_.options.stream.max_rejects;
  if (state_.facts.rejected_earlier > most) {
    throw Error(
        ErrorKind::config,
        "earlier attempts of job " + record.name + " have rejected " +
            std::to_string(state_.facts.rejected_earlier) +
            (state_.facts.rejected_earlier == 1 ? " row" : " rows") + ", more than the " +
            std::to_string(most) + " that are allowed",
        {.hint = is_published(state_.options) ? "allow as many (.max_rejects), or begin anew (.restart)"
                                              : "allow as many (.max_rejects)"});
  }
  if (state_.load.setup.rejects)
    state_.load.setup.rejects->book->count_earlier(state_.facts.rejected_earlier);
}

void AttemptPlan::name_staging(const std::stop_token& stop) {
  state_.facts.staging = state_.keeper.with_ledger(
      [&](Ledger ledger) { return ledger.name_staging(*state_.lease, stop); }, stop);
  Connection& session = state_.target(stop);
  const std::array<Parameter, 1> name{state_.facts.staging->sql()};
  const bool exists =
      session.execute("SELECT pg_catalog.to_regclass($1) IS NOT NULL", name, stop).boolean(0, 0);
  if (exists) return;
  if (state_.facts.skipped > 0) {
    throw Error(ErrorKind::target,
                "the table " + state_.facts.staging->display() + ", in which the job's slices are, is gone",
                {.sqlstate = "42P01", .hint = "begin the job anew (.restart)"});
  }
  LoadSetup setup = state_.load.setup;
  setup.staging = state_.facts.staging;
  session.begin(target_transaction, stop);
  TableLoad(session, state_.load.load->facts(), std::move(setup), state_.options.stream,
            state_.load.target_server)
      .create_staging(stop);
  session.commit(stop);
}

}  // namespace leat::jobs_detail
