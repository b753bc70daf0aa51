#include "leat/jobs/copy_table.hpp"

#include <utility>

#include "jobs/match/copy_columns.hpp"
#include "jobs/named/job_run.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/options/validate_options.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/delivery_plan.hpp"
#include "jobs/run/direct_loads.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/run/table_units.hpp"
#include "jobs/survey/merge_key.hpp"
#include "jobs/verify/load_verification.hpp"

namespace leat {

CopyTable::CopyTable(CopyTableOptions options) : options_(std::move(options)) {
  is_unnamed_ = jobs_detail::name_job(options_);
  jobs_detail::choose_workers(options_);
  jobs_detail::validate_delivery(options_);
  jobs_detail::validate(options_.stream);
  jobs_detail::validate_key(options_.mode, options_.key);
  jobs_detail::validate_verify(options_.stream, options_.transform);
  jobs_detail::validate_pair(options_.table, options_.source.store);
  auto& log = options_.stream.log;
  log = log.with({{"table", options_.table.target_name()}});
  // A name that the job was given for this run alone would say nothing.
  if (!is_unnamed_ && !options_.delivery.job.empty()) log = log.with({{"job", options_.delivery.job}});
}

JobPlan CopyTable::plan(std::stop_token stop) const {
  return jobs_detail::unless_stopped(
             [&] { return jobs_detail::prepare_copy(options_, {.plans_only = true}, stop); })
      .plan;
}

JobReport CopyTable::run(std::stop_token stop) const {
  return jobs_detail::logged_run(options_.stream.log, to_string(options_.mode), [&] { return move(stop); });
}

JobReport CopyTable::move(const std::stop_token& stop) const {
  if (jobs_detail::has_ledger(options_)) return jobs_detail::run_job(options_, is_unnamed_, stop);
  auto load = jobs_detail::prepare_run([&] { return jobs_detail::prepare_copy(options_, {}, stop); });
  if (jobs_detail::is_parallel(options_)) return jobs_detail::run_direct(load, options_, stop);
  jobs_detail::LoadScope scope(load, options_.stream);
  std::shared_ptr<UnitSource> units;
  if (load.slices || load.store_units) units = jobs_detail::units_of(load, options_);
  return jobs_detail::run_single(load, scope,
                                 {.stream = options_.stream,
                                  .transform = options_.transform,
                                  .workers = jobs_detail::workers_of(options_),
                                  .units = units.get()},
                                 stop);
}

}  // namespace leat
