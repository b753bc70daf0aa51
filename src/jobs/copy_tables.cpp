#include "leat/jobs/copy_tables.hpp"

#include <algorithm>
#include <utility>

#include "jobs/options/batch_memory.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/tables/named_tables.hpp"
#include "jobs/tables/table_choices.hpp"
#include "jobs/tables/tables_run.hpp"

namespace leat {
namespace {

constexpr std::size_t most_jobs = 64;

}  // namespace

std::size_t CopyTablesReport::failed() const {
  return static_cast<std::size_t>(std::count_if(
      tables.begin(), tables.end(), [](const CopiedTable& table) { return table.error.has_value(); }));
}

std::optional<Error> CopyTablesReport::first_error() const {
  for (const auto& table : tables) {
    if (table.error) return table.error;
  }
  return std::nullopt;
}

CopyTables::CopyTables(CopyTablesOptions options) : options_(std::move(options)) {
  jobs_detail::validate(options_.stream);
  jobs_detail::refuse_if(options_.delivery.whole, "whole is of one table or one query",
                         "leave it out: the slices of each table are kept under the job's name");
  jobs_detail::refuse_if(options_.stream.transaction != nullptr, "transaction is for jobs of one table");
  if (options_.include.empty()) throw Error(ErrorKind::config, "include names no table");
  static_cast<void>(jobs_detail::parse_patterns(options_.include));
  static_cast<void>(jobs_detail::parse_patterns(options_.exclude));
  static_cast<void>(jobs_detail::TableChoices(options_));
  if (options_.jobs < 1 || options_.jobs > most_jobs) {
    throw Error(ErrorKind::config, "jobs must lie between 1 and " + std::to_string(most_jobs));
  }
  jobs_detail::refuse_if(
      options_.stream.before_load || options_.stream.before_commit || options_.stream.expect,
      "before_load, before_commit and expect are for jobs of one table",
      "copy that table alone, or run the SQL before or after");
  jobs_detail::refuse_if(options_.stream.max_rejects > 0, "rows are rejected by jobs of one table",
                         "copy that table alone, or without max_rejects");
  jobs_detail::refuse_if(options_.stream.indexes != Indexes::keep, "indexes are rebuilt by jobs of one table",
                         "copy that table alone, or keep them");
  jobs_detail::refuse_if(
      !options_.delivery.job.empty() && (!options_.snapshot.empty() || options_.before_commit),
      "snapshot and before_commit are for tables without a job's name",
      "copy without delivery.job, or let each job take its own snapshot");
  jobs_detail::validate_named_tables(options_);
  try {
    jobs_detail::validate(jobs_detail::share_of(options_.stream, options_.jobs));
    jobs_detail::validate_memory_of_named(options_);
  } catch (const Error& error) {
    throw Error(ErrorKind::config, "memory of " + format_bytes(options_.stream.memory) + " is shared by " +
                                       std::to_string(options_.jobs) + " jobs: " + error.what());
  }
}

std::vector<JobPlan> CopyTables::plan(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] { return jobs_detail::TablesRun(options_, stop).plan(stop); });
}

CopyTablesReport CopyTables::run(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] { return jobs_detail::TablesRun(options_, stop).run(stop); });
}

}  // namespace leat
