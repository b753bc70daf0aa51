#include "leat/jobs/copy_table.hpp"

#include <utility>

#include "jobs/match/copy_columns.hpp"
#include "jobs/named/job_run.hpp"
#include "jobs/named/whole_job.hpp"
#include "jobs/options/incremental.hpp"
#include "jobs/options/refuse_if.hpp"
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
namespace {

using jobs_detail::PreparedLoad;

/// The wish for the job of that name, of which `options` know nothing.
JobRequest whole_request(const CopyTableOptions& options, const Delivery& whole,
                         const jobs_detail::JobSource& source) {
  CopyTableOptions named = options;
  named.delivery = whole;
  return jobs_detail::job_request(named, source);
}

}  // namespace

CopyTable::CopyTable(CopyTableOptions options) : options_(std::move(options)) {
  jobs_detail::validate_whole(options_.delivery);
  if (options_.delivery.whole) {
    if (options_.writers > 1 || !options_.source.store.empty()) {
      throw Error(ErrorKind::config,
                  "a job that is whole has one writer, and its rows are those of a PostgreSQL",
                  {.hint = "leave whole out: the job is resumed by its slices"});
    }
    options_.writers = 1;
    whole_ = std::exchange(options_.delivery, {});
  }
  is_unnamed_ = jobs_detail::name_job(options_);
  jobs_detail::refuse_if(options_.stream.transaction && jobs_detail::is_parallel(options_),
                         "a job in a transaction with others is that one transaction",
                         "leave several writers, retries and a name without whole out");
  jobs_detail::choose_workers(options_);
  jobs_detail::validate_delivery(options_);
  jobs_detail::validate(options_.stream);
  jobs_detail::validate_key(options_.mode, options_.key);
  jobs_detail::validate_verify(options_.stream, options_.transform);
  jobs_detail::validate_incremental(options_.incremental, options_.mode, options_.delivery,
                                    options_.source.store.empty() ? jobs_detail::IncrementalSource::table
                                                                  : jobs_detail::IncrementalSource::store);
  jobs_detail::validate_pair(options_.table, options_.source.store);
  auto& log = options_.stream.log;
  log = log.with({{"table", options_.table.target_name()}});
  // A name that the job was given for this run alone would say nothing.
  const std::string& name = whole_.whole ? whole_.job : options_.delivery.job;
  if (!is_unnamed_ && !name.empty()) log = log.with({{"job", name}});
}

JobPlan CopyTable::plan(std::stop_token stop) const {
  return jobs_detail::unless_stopped([&] {
           auto load = jobs_detail::prepare_copy(options_, {.plans_only = true}, stop);
           if (whole_.whole) {
             const auto request = [&](const auto& source) { return whole_request(options_, whole_, source); };
             jobs_detail::plan_whole(load, options_.source, whole_, request, stop);
           }
           return load;
         })
      .plan;
}

JobReport CopyTable::run(std::stop_token stop) const {
  return jobs_detail::logged_run(options_.stream.log, to_string(options_.mode), [&] { return move(stop); });
}

JobReport CopyTable::move(const std::stop_token& stop) const {
  if (whole_.whole) return run_whole(stop);
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

JobReport CopyTable::run_whole(const std::stop_token& stop) const {
  const jobs_detail::WholeJob job{
      .source = options_.source,
      .target = options_.target,
      .stream = options_.stream,
      .transform = options_.transform,
      .is_new = whole_.is_new,
      .read = TableName::parse(options_.table.from).display(),
      .table = TableName::parse(options_.table.target_name()).display(),
      .request = [&](const auto& source) { return whole_request(options_, whole_, source); },
      .prepare = [&](const std::stop_token& token) { return jobs_detail::prepare_copy(options_, {}, token); },
      .units = [&](PreparedLoad& load) -> std::shared_ptr<UnitSource> {
        return load.slices || load.store_units ? jobs_detail::units_of(load, options_) : nullptr;
      },
      .workers = jobs_detail::workers_of(options_)};
  return jobs_detail::run_whole(job, stop);
}

}  // namespace leat
