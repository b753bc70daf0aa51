#include "leat/jobs/repair.hpp"

#include <algorithm>
#include <utility>

#include "jobs/indexes/index_restore.hpp"
#include "jobs/options/steady_clock.hpp"
#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/report/document.hpp"
#include "jobs/report/job_events.hpp"
#include "leat/core/detail/seconds.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat {
namespace {

using detail::to_seconds;
using jobs_detail::Document;
using jobs_detail::RebuildLock;
using jobs_detail::SteadyClock;

RepairReport repair(const RepairOptions& options, const std::stop_token& stop) {
  const auto started = SteadyClock::now();
  const auto session =
      jobs_detail::connect(options.target, ErrorKind::target, jobs_detail::session_part(options), stop);
  RepairReport report{.target = options.target.label_of(*session)};
  Oid table = 0;
  if (!options.table.empty()) {
    const TableInfo info = TableManager(*session).describe(TableName::parse(options.table), stop);
    report.target += ": " + info.name.display();
    table = info.oid;
  }
  const auto record = jobs_detail::look_at_record(*session, table, stop);
  jobs_detail::require_usable(record);
  std::vector<jobs_detail::RecordedObject> recorded;
  if (record.exists) recorded = jobs_detail::read_record(*session, table, stop);
  options.log.log_event(LogLevel::info, "plan", "bringing back what the record of " + report.target + " has",
                        {{"target", report.target}, {"objects", recorded.size()}});
  report.objects = jobs_detail::restore_recorded(*session, recorded, RebuildLock::attempt, options.log, stop);
  if (report.missing() > 0) report.status = JobStatus::failed;
  report.elapsed = SteadyClock::now() - started;
  return report;
}

}  // namespace

std::string_view to_string(RepairOutcome outcome) {
  switch (outcome) {
    case RepairOutcome::restored:
      return "restored";
    case RepairOutcome::exists:
      return "exists";
    case RepairOutcome::table_gone:
      return "table_gone";
    case RepairOutcome::in_use:
      return "in_use";
    case RepairOutcome::failed:
      return "failed";
  }
  return "failed";
}

std::size_t RepairReport::missing() const {
  return static_cast<std::size_t>(
      std::count_if(objects.begin(), objects.end(), [](const auto& object) { return object.error; }));
}

std::optional<Error> RepairReport::first_error() const {
  for (const auto& object : objects) {
    if (object.error) return object.error;
  }
  return std::nullopt;
}

std::string to_json(const RepairReport& report) {
  Document objects = Document::array();
  for (const auto& object : report.objects) {
    Document one{{"table", object.table},
                 {"kind", object.kind},
                 {"name", object.name},
                 {"outcome", to_string(object.outcome)},
                 {"seconds", to_seconds(object.elapsed)}};
    if (object.error) one["error"] = Document::parse(to_json(*object.error));
    objects.push_back(std::move(one));
  }
  const Document json{{"status", to_string(report.status)},
                      {"target", report.target},
                      {"missing", report.missing()},
                      {"seconds", to_seconds(report.elapsed)},
                      {"objects", objects}};
  return jobs_detail::json_text(json);
}

Repair::Repair(RepairOptions options) : options_(std::move(options)) {
  if (options_.table.empty()) return;
  options_.log = options_.log.with({{"table", TableName::parse(options_.table).display()}});
}

RepairReport Repair::run(std::stop_token stop) const {
  using namespace jobs_detail;
  const auto restore = [&] {
    return unless_stopped([&] { return repair(options_, stop); },
                          "the repair was stopped; what was restored by then stays");
  };
  return logged_work(options_.log, "repair", the_repair, restore, [&](const RepairReport& report) {
    options_.log.log_event(LogLevel::info, "end", "the repair is done",
                           {{"status", to_string(report.status)},
                            {"objects", report.objects.size()},
                            {"missing", report.missing()},
                            {"seconds", report.elapsed}});
  });
}

}  // namespace leat
