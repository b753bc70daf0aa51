#include "jobs/tables/table_preparation.hpp"

#include <algorithm>
#include <utility>

#include "jobs/run/copy_job.hpp"
#include "jobs/schema/wanted_table.hpp"
#include "jobs/tables/named_tables.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/jobs/report/detail/hint_words.hpp"

namespace leat::jobs_detail {

void leave_keys_to_the_end(std::vector<std::string>& remarks) {
  std::erase_if(remarks, [](const auto& remark) { return remark.starts_with(foreign_keys_not_made); });
}

PreparedLoad prepare_table(const TablesWork& work, const TableGroup& group, std::size_t table,
                           const JobSessions& pair, std::vector<TableName> taken, bool plans_only,
                           const std::stop_token& stop) {
  const CopyTableOptions copy{.source = work.options.source,
                              .target = work.options.target,
                              .table = work.set.selections[table],
                              .mode = work.options.mode,
                              .stream = work.options.stream};
  const auto known = [table](const TablesFacts& side) {
    const auto& facts = side.tables[table];
    return KnownFacts{.server = &side.server, .table = facts ? &*facts : nullptr};
  };
  const auto& together = group.tables;
  PreparedLoad stream = prepare_copy(
      copy,
      {.sessions = pair,
       .source = known(work.set.source),
       .target = known(work.set.target),
       .emptied_together = work.set.target_oids_of(group),
       .number =
           static_cast<std::size_t>(std::find(together.begin(), together.end(), table) - together.begin()),
       .taken = std::move(taken),
       .is_joined = together.size() > 1,
       .plans_only = plans_only},
      stop);
  for (auto& finding : stream.plan.findings) {
    finding.hint = hint_of_tables(std::move(finding.hint), work.set.names[table]);
  }
  if (work.options.stream.create == CreateTarget::full) {
    leave_keys_to_the_end(stream.plan.remarks);
    leave_keys_to_the_end(stream.creation.remarks);
  }
  check_group(work, group, table, stream.plan.findings);
  return stream;
}

void check_group(const TablesWork& work, const TableGroup& group, std::size_t table,
                 std::vector<Finding>& findings) {
  if (!work.options.delivery.job.empty()) {
    if (auto reason = reason_not_to_part(group, work.set, work.options))
      findings.push_back(std::move(*reason));
    return;
  }
  if (!group.has_cycle || work.options.stream.triggers != Triggers::fire) return;
  findings.push_back(
      {.code = "foreign_key_cycle",
       .side = ErrorKind::target,
       .message = "foreign keys lead from " + work.set.names[table].display() +
                  " and the tables that it is joined with back to it, so no order of loading meets them",
       .sqlstate = "23503",
       .hint = "Triggers::disable, or make one of the keys DEFERRABLE; of partitions, name the "
               "partitioned table instead"});
}

JobPlan plan_table(const TablesWork& work, const TableGroup& group, std::size_t table,
                   const JobSessions& pair, const std::stop_token& stop) {
  try {
    if (work.options.delivery.job.empty())
      return prepare_table(work, group, table, pair, {}, true, stop).plan;
    auto one = named_table(work.options, work.set.selections[table], work.set.names[table]);
    JobPlan plan = plan_named_table(std::move(one), stop);
    for (auto& finding : plan.findings) {
      finding.hint = hint_of_tables(std::move(finding.hint), work.set.names[table]);
    }
    check_group(work, group, table, plan.findings);
    return plan;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    const std::string name = work.set.names[table].display();
    return {.source = work.options.source.label_of(*pair.source) + ": " + name,
            .target = work.options.target.label_of(*pair.target) + ": " + work.set.targets[table].display(),
            .findings = {to_finding("refused", error.with_hint(hint_of_tables(std::string(error.hint()),
                                                                              work.set.names[table])))}};
  }
}

}  // namespace leat::jobs_detail
