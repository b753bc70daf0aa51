#include "jobs/tables/named_tables.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "jobs/named/job_run.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/tables/table_preparation.hpp"
#include "leat/ledger/job_record.hpp"

namespace leat::jobs_detail {
namespace {

constexpr std::size_t longest_job_name = 200;

/// Of UTF-8.
std::size_t characters_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// Whether the ledger says that a job has done all that it is to do.
bool is_done_job(TablesWork& work, const std::string& name, const std::stop_token& stop) {
  auto pair = work.sessions.lend(stop);
  const auto record = read_job(*pair->target, name, stop);
  pair->works = true;
  return record && record->state == JobState::done;
}

}  // namespace

void validate_job_names(const CopyTablesOptions& options, std::span<const TableName> sources) {
  const std::size_t own = characters_of(options.delivery.job);
  std::size_t rest = 0;
  for (const auto& source : sources) rest = std::max(rest, characters_of("/" + source.display()));
  const std::size_t most = rest < longest_job_name ? longest_job_name - rest : 0;
  if (own == 0 || own <= most) return;
  throw Error(ErrorKind::config,
              "job may have " + std::to_string(most) + " characters at most for these tables, and has " +
                  std::to_string(own) + ": each table's job is called NAME/schema.table, in " +
                  std::to_string(longest_job_name) + " characters at most",
              {.hint = "give the job a shorter name (.job)"});
}

void validate_named_tables(const CopyTablesOptions& options) {
  const Delivery& delivery = options.delivery;
  const bool says_more =
      delivery.restart || delivery.retries || delivery.on_lost_snapshot != OnLostSnapshot::redo;
  refuse_if(delivery.job.empty() && says_more,
            "restart, retries and on_lost_snapshot are for jobs that have a name",
            "give the job a name (.job)");
  refuse_if(!delivery.job.empty() && options.stream.into_view,
            "into_view does not go together with a job's name",
            "load without a job's name, or load the view's table");
  if (delivery.job.empty()) return;
  const TableName shortest{.schema = "s", .name = "t"};
  validate_job_names(options, std::span(&shortest, 1));
  auto sample = named_table(options, {}, shortest);
  sample.stream = options.stream;
  validate_delivery(sample);
}

void validate_memory_of_named(const CopyTablesOptions& options) {
  if (options.delivery.job.empty()) return;
  auto sample = named_table(options, {}, {.schema = "s", .name = "t"});
  validate_delivery(sample);
}

CopyTableOptions named_table(const CopyTablesOptions& options, const TableSelection& selection,
                             const TableName& source) {
  CopyTableOptions table{.source = options.source,
                         .target = options.target,
                         .table = selection,
                         .mode = options.mode,
                         .stream = share_of(options.stream, options.jobs),
                         .delivery = options.delivery,
                         .readers = 1,
                         .writers = 1};
  table.delivery.job += "/" + source.display();
  return table;
}

std::optional<Finding> reason_not_to_part(const TableGroup& group, const TableSet& set,
                                          const CopyTablesOptions& options) {
  if (!group.has_keys || options.stream.triggers == Triggers::disable) return std::nullopt;
  const auto name = [&set](std::size_t table) { return set.targets[table].display(); };
  const std::string tables = text_list(group.tables, name);
  if (group.has_cycle || group.defers) {
    return Finding{.code = "foreign_key_cycle",
                   .side = ErrorKind::target,
                   .message = "foreign keys join " + tables +
                              " in a circle, so they cannot be loaded one after the other, as a job with a "
                              "name does",
                   .sqlstate = "23503",
                   .hint = "Triggers::disable, or load them without a job's name (.job)"};
  }
  if (options.mode != WriteMode::replace && options.mode != WriteMode::swap) return std::nullopt;
  return Finding{.code = "joined_tables",
                 .side = ErrorKind::target,
                 .message = "foreign keys join " + tables +
                            ", so that they are replaced together, and a job with a name loads one after the "
                            "other",
                 .sqlstate = "23503",
                 .hint = "load them without a job's name (.job), or by WriteMode::upsert or append"};
}

JobPlan plan_named_table(CopyTableOptions table, const std::stop_token& stop) {
  choose_workers(table);
  validate_delivery(table);
  return prepare_copy(table, {.plans_only = true}, stop).plan;
}

JobReport run_named_table(const CopyTableOptions& table, const std::string& snapshot,
                          const std::stop_token& stop) {
  CopyTableOptions options = table;
  validate_delivery(options);
  return run_job(options, false, stop, snapshot);
}

void copy_named_group(TablesWork& work, const TableGroup& group, const std::stop_token& stop) {
  std::vector<Finding> findings;
  check_group(work, group, group.tables.front(), findings);
  std::optional<std::pair<std::size_t, Error>> failed;
  for (const std::size_t table : group.tables) {
    if (failed) {
      work.board.end(table, {}, work.error_of_joined(failed->first, failed->second));
      continue;
    }
    try {
      auto one = named_table(work.options, work.set.selections[table], work.set.names[table]);
      // What is done stays done, whatever joins it now.
      if (has_error(findings) && !is_done_job(work, one.delivery.job, stop)) throw to_error(findings);
      work.board.update(table, {});
      one.stream.on_progress = [&work, table](const Progress& progress) {
        work.board.update(table, progress);
      };
      one.stream.log = work.stream_of(table).log.with({{"job", one.delivery.job}});
      JobReport report = logged_run(one.stream.log, to_string(one.mode),
                                    [&] { return run_named_table(one, work.set.snapshot, stop); });
      if (work.options.stream.create == CreateTarget::full) leave_keys_to_the_end(report.remarks);
      work.board.end(table, std::move(report));
    } catch (const Error& error) {
      work.board.end(table, {}, error);
      // What stands against the group is told of each of its tables.
      if (!has_error(findings)) failed.emplace(table, error);
    }
  }
}

}  // namespace leat::jobs_detail
