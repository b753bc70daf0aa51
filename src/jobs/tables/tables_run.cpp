#include "jobs/tables/tables_run.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "jobs/indexes/index_restore.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/survey/preflight.hpp"
#include "jobs/tables/group_copy.hpp"
#include "jobs/tables/made_tables.hpp"
#include "jobs/tables/named_tables.hpp"
#include "jobs/tables/table_preparation.hpp"
#include "leat/pipeline/pipeline_builder.hpp"

namespace leat::jobs_detail {
TablesRun::TablesRun(const CopyTablesOptions& options, const std::stop_token& stop) : work_(options, stop) {}

std::vector<JobPlan> TablesRun::plan(const std::stop_token& stop) {
  std::vector<JobPlan> plans;
  std::vector<Finding> of_set;
  {
    auto pair = work_.sessions.lend(stop);
    for (const auto& session : {pair->source, pair->target}) {
      check_connections(*session, std::min(work_.options.jobs, work_.set.groups.size()) - 1, works_with_fewer,
                        of_set, stop);
    }
    pair->works = true;
  }
  for (const auto& group : work_.set.groups) {
    // One transaction for all, since what one of them makes the next may need.
    std::optional<SessionPairs::Lease> pair;
    for (const std::size_t table : group.tables) {
      if (!pair) {
        pair.emplace(work_.sessions.lend(stop));
        (*pair)->target->begin(target_transaction, stop);
      }
      plans.push_back(plan_table(work_, group, table, **pair, stop));
      // What a server has refused ends a transaction, so that the pair is of no more use.
      if (!has_error(plans.back().findings)) continue;
      (*pair)->target->rollback();
      pair.reset();
    }
    if (!pair) continue;
    (*pair)->target->rollback();
    (*pair)->works = true;
  }
  if (!work_.set.left_out.empty()) plans.front().remarks.push_back(work_.set.left_out);
  for (const auto& remark : work_.set.remarks) {
    of_set.push_back({.severity = Severity::warning,
                      .code = "foreign_partition",
                      .side = ErrorKind::source,
                      .message = remark});
  }
  append_all(plans.front().findings, of_set);
  return plans;
}

std::vector<std::string> TablesRun::restore_indexes(const std::stop_token& stop) {
  std::vector<Oid> tables;
  for (const auto& facts : work_.set.target.tables) {
    if (facts && facts->info) tables.push_back(facts->info->oid);
  }
  if (tables.empty()) return {};
  auto pair = work_.sessions.lend(stop);
  auto notes = restore_left(*pair->target, tables, work_.options.stream.log, stop);
  pair->works = true;
  return notes;
}

CopyTablesReport TablesRun::run(const std::stop_token& stop) {
  auto remarks = restore_indexes(stop);
  // Tables that are copied at the same time would wait for each other's.
  append_all(remarks, make_schemas(work_, stop));
  note_missing_tables(work_, stop);
  // Names of indexes and sequences are free in one schema, and may be taken in the one that several go into.
  const std::size_t workers = makes_names_of_several_schemas(work_.set, work_.options.stream.create)
                                  ? 1
                                  : std::min(work_.options.jobs, work_.set.groups.size());
  auto pipeline = pipeline_of<std::size_t>([this](std::size_t, const std::stop_token&) {
                    std::vector<WorkItem<std::size_t>> items;
                    for (std::size_t i = 0; i < work_.set.groups.size(); ++i) items.emplace_back(i);
                    return Refill<std::size_t>::done(std::move(items));
                  })
                      .stage("copy", {.workers = workers},
                             [this](WorkItem<std::size_t>& item, const std::stop_token& token) {
                               const TableGroup& group = work_.set.groups[*item];
                               work_.options.delivery.job.empty() ? copy_group(work_, group, token)
                                                                  : copy_named_group(work_, group, token);
                             })
                      .build({.name = "copy_tables", .stats_interval = std::chrono::milliseconds(0)});
  pipeline.start();
  {
    const std::stop_callback on_stop(stop, [&pipeline] { pipeline.stop(StopMode::abort); });
    while (!pipeline.wait_for(work_.options.stream.progress_interval)) tell_progress();
  }
  try {
    static_cast<void>(pipeline.wait());
  } catch (const Error& error) {
    if (!stop.stop_requested() || error.kind() != ErrorKind::cancelled) throw;
  }
  append_all(remarks, join_made_tables(work_, stop));
  tell_progress();
  CopyTablesReport report = work_.board.report(stop.stop_requested());
  report.remarks = work_.set.remarks;
  append_all(report.remarks, remarks);
  if (!work_.set.left_out.empty()) report.remarks.push_back(work_.set.left_out);
  return report;
}

void TablesRun::tell_progress() const {
  if (work_.options.on_tables_progress) work_.options.on_tables_progress(work_.board.progress());
}

}  // namespace leat::jobs_detail
