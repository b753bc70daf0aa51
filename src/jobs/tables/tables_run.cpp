#include "jobs/tables/tables_run.hpp"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include "jobs/indexes/index_restore.hpp"
#include "jobs/load/analyze.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "jobs/survey/preflight.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/pipeline/pipeline_builder.hpp"

namespace leat::jobs_detail {
namespace {

std::vector<std::string> display_names(const TableSet& set) {
  std::vector<std::string> names;
  for (const auto& table : set.tables) names.push_back(table.name.display());
  return names;
}

/// Of all tables, where each has an estimate or no pages.
std::optional<std::uint64_t> rows_of(const TableSet& set) {
  std::uint64_t rows = 0;
  for (const auto& facts : set.source) {
    if (!facts || !facts->info) return std::nullopt;
    if (!facts->info->estimated_rows && facts->info->size.count() > 0) return std::nullopt;
    rows += facts->info->estimated_rows.value_or(0);
  }
  return rows;
}

/// Whether a transaction of the pair takes no more statements.
bool has_failed(const JobSessions& pair) {
  return !pair.source->in_transaction() || !pair.target->in_transaction() || pair.source->has_failed() ||
         pair.target->has_failed();
}

bool makes_types(const StreamOptions& options) {
  return options.create != CreateTarget::never || options.evolve;
}

Error stopped_table_error() {
  return {ErrorKind::cancelled, "the job was stopped; nothing of this table was committed"};
}

}  // namespace

TablesRun::TablesRun(const CopyTablesOptions& options, std::span<const TablePattern> include,
                     std::span<const TablePattern> exclude, const std::stop_token& stop)
    : options_(options),
      sessions_(options.source, options.target, options.stream),
      set_(survey_set(sessions_, include, exclude, options.stream, stop)),
      board_(display_names(set_), rows_of(set_)) {}

std::vector<JobPlan> TablesRun::plan(const std::stop_token& stop) {
  std::vector<JobPlan> plans;
  for (const auto& group : set_.groups) {
    // One transaction for all, since what one of them makes the next may need.
    std::optional<SessionPairs::Lease> pair;
    for (const std::size_t table : group.tables) {
      if (!pair) {
        pair.emplace(sessions_.take(stop));
        if (plans.empty()) check_slots(**pair, stop);
        (*pair)->target->begin(target_transaction, stop);
      }
      plans.push_back(plan_of(group, table, **pair, stop));
      // What a server has refused ends a transaction, so that the pair is of no more use.
      if (!has_error(plans.back().findings)) continue;
      (*pair)->target->rollback();
      pair.reset();
    }
    if (!pair) continue;
    (*pair)->target->rollback();
    (*pair)->works = true;
  }
  if (!plans.empty()) {
    auto& findings = plans.front().findings;
    findings.insert(findings.end(), slots_.begin(), slots_.end());
    for (const auto& remark : set_.remarks) {
      findings.push_back({.severity = Severity::warning,
                          .code = "foreign_partition",
                          .side = ErrorKind::source,
                          .message = remark});
    }
  }
  return plans;
}

std::vector<std::string> TablesRun::restore_indexes(const std::stop_token& stop) {
  std::vector<Oid> tables;
  for (const auto& facts : set_.target) {
    if (facts && facts->info) tables.push_back(facts->info->oid);
  }
  if (tables.empty()) return {};
  auto pair = sessions_.take(stop);
  auto notes = restore_left(*pair->target, tables, options_.stream.log, stop);
  pair->works = true;
  return notes;
}

CopyTablesReport TablesRun::run(const std::stop_token& stop) {
  const auto restored = restore_indexes(stop);
  auto pipeline = pipeline_of<std::size_t>([this](std::size_t, const std::stop_token&) {
                    std::vector<WorkItem<std::size_t>> items;
                    for (std::size_t i = 0; i < set_.groups.size(); ++i) items.emplace_back(i);
                    return Refill<std::size_t>::done(std::move(items));
                  })
                      .stage("copy", {.workers = std::min(options_.jobs, set_.groups.size())},
                             [this](WorkItem<std::size_t>& item, const std::stop_token& token) {
                               copy(set_.groups[*item], token);
                             })
                      .build({.name = "copy_tables", .stats_interval = std::chrono::milliseconds(0)});
  pipeline.start();
  {
    const std::stop_callback on_stop(stop, [&pipeline] { pipeline.stop(StopMode::abort); });
    while (!pipeline.wait_for(options_.stream.progress_interval)) tell_progress();
  }
  try {
    static_cast<void>(pipeline.wait());
  } catch (const Error& error) {
    if (!stop.stop_requested() || error.kind() != ErrorKind::cancelled) throw;
  }
  tell_progress();
  CopyTablesReport report = board_.report(stop.stop_requested());
  report.remarks = set_.remarks;
  report.remarks.insert(report.remarks.end(), restored.begin(), restored.end());
  return report;
}

PreparedLoad TablesRun::prepare(const TableGroup& group, std::size_t table, const JobSessions& pair,
                                bool plans_only, const std::stop_token& stop) const {
  const std::string name = set_.tables[table].name.display();
  const CopyTableOptions copy{.source = options_.source,
                              .target = options_.target,
                              .table = {.from = set_.tables[table].name.sql()},
                              .mode = options_.mode,
                              .stream = options_.stream};
  PreparedLoad stream = prepare_copy(copy, set_.context(group, table, pair, plans_only), stop);
  for (auto& finding : stream.plan.findings) {
    // Columns are chosen, named and converted for one table alone.
    if (!is_of_column(finding)) continue;
    finding.hint += "; those are options of copy-table: copy this table alone";
  }
  if (group.has_cycle && options_.stream.triggers == Triggers::fire) {
    stream.plan.findings.push_back(
        {.code = "foreign_key_cycle",
         .side = ErrorKind::target,
         .message = "foreign keys lead from " + name +
                    " and the tables that it is joined with back to it, so no order of loading meets them",
         .sqlstate = "23503",
         .hint = "--disable-triggers, or make one of the keys DEFERRABLE; of partitions, name the "
                 "partitioned table instead"});
  }
  return stream;
}

JobPlan TablesRun::plan_of(const TableGroup& group, std::size_t table, const JobSessions& pair,
                           const std::stop_token& stop) const {
  try {
    return prepare(group, table, pair, true, stop).plan;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    const std::string name = set_.tables[table].name.display();
    return {.source = options_.source.label_of(*pair.source) + ": " + name,
            .target = options_.target.label_of(*pair.target) + ": " + name,
            .findings = {to_finding("refused", error)}};
  }
}

void TablesRun::check_slots(const JobSessions& pair, const std::stop_token& stop) {
  const std::size_t more = std::min(options_.jobs, set_.groups.size()) - 1;
  check_connections(*pair.source, more, works_with_fewer, slots_, stop);
  check_connections(*pair.target, more, works_with_fewer, slots_, stop);
}

void TablesRun::copy(const TableGroup& group, const std::stop_token& stop) {
  std::optional<std::size_t> at;  // where only one table can be meant
  try {
    auto pair = sessions_.take(stop);
    pair->target->begin_with_next(target_transaction, stop);
    auto streams = prepare_all(group, *pair, stop);
    if (streams.empty()) return;
    const bool joined = streams.size() > 1;
    if (joined) begin_group(group, streams, *pair->target, stop);
    std::deque<LoadScope> scopes;
    std::vector<JobReport> reports;
    std::vector<TableInfo> loaded;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      at = group.tables[i];
      board_.begin(*at, streams[i].rows_expected);
      loaded.push_back(streams[i].load->table());
      add_scope(scopes, streams[i], joined);
      const StreamOptions own = stream_options(*at);
      reports.push_back(run_single(streams[i], scopes.back(), {.stream = own, .transform = {}}, stop));
      board_.load(*at);
    }
    if (joined) {
      if (is_staged(options_.mode)) publish_group(group, streams, scopes, reports, at, stop);
      at.reset();
      commit_group(*pair->target, loaded, reports, stop);
    }
    for (std::size_t i = 0; i < reports.size(); ++i) board_.end(group.tables[i], std::move(reports[i]));
    if (pair->target->is_open()) pair->works = true;
  } catch (const Stopped&) {
    end_badly(group, at, stopped_table_error());
    throw;
  } catch (const Error& error) {
    const bool stopped = error.kind() == ErrorKind::cancelled && !error.in_doubt();
    end_badly(group, at, stopped ? stopped_table_error() : error);
  }
}

void TablesRun::add_scope(std::deque<LoadScope>& scopes, PreparedLoad& load, bool is_joined) const {
  if (!is_joined) {
    scopes.emplace_back(load, options_.stream);
  } else if (is_staged(options_.mode)) {
    // What follows the rows is done for all tables of the group, one step after the other.
    scopes.emplace_back(
        load, options_.stream,
        std::initializer_list<LoadStep>{LoadStep::create, LoadStep::publish, LoadStep::count,
                                        LoadStep::verify, LoadStep::indexes, LoadStep::sequences,
                                        LoadStep::hook, LoadStep::commit, LoadStep::analyze});
  } else {
    scopes.emplace_back(load, options_.stream,
                        std::initializer_list<LoadStep>{LoadStep::hook, LoadStep::commit, LoadStep::analyze});
  }
}

std::vector<PreparedLoad> TablesRun::prepare_all(const TableGroup& group, const JobSessions& pair,
                                                 const std::stop_token& stop) {
  std::vector<PreparedLoad> streams;
  std::map<std::size_t, Error> errors;
  for (const std::size_t table : group.tables) {
    // A transaction in which a server has refused something answers nothing more.
    if (!pair.source->is_open() || !pair.target->is_open() || has_failed(pair)) break;
    try {
      streams.push_back(prepare(group, table, pair, false, stop));
      const auto& findings = streams.back().plan.findings;
      if (has_error(findings)) errors.emplace(table, to_error(findings));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      errors.emplace(table, error);
    }
  }
  if (errors.empty()) return streams;
  const auto& [first, error] = *errors.begin();
  for (const std::size_t table : group.tables) {
    const auto own = errors.find(table);
    board_.end(table, own != errors.end() ? own->second : error_of_joined(first, error));
  }
  return {};
}

void TablesRun::begin_group(const TableGroup& group, std::vector<PreparedLoad>& streams, Connection& target,
                            const std::stop_token& stop) const {
  if (options_.stream.triggers == Triggers::disable)
    static_cast<void>(target.execute(silence_triggers, {}, stop));
  if (group.defers) static_cast<void>(target.execute("SET CONSTRAINTS ALL DEFERRED", {}, stop));
  if (options_.mode != WriteMode::replace) return;
  std::vector<TableInfo> infos;
  bool deletes = false;
  bool always = false;
  for (auto& stream : streams) {
    infos.push_back(stream.load->table());
    deletes = deletes || stream.load->facts().empties_by_delete;
    always = always || stream.load->truncates_always();
    stream.load->keep_rows();
  }
  if (!deletes) {
    empty(target, infos, always, stop);
    return;
  }
  const auto along = set_.target_oids_of(group);
  for (std::size_t i = streams.size(); i-- > 0;) streams[i].load->delete_all(along, stop);
}

void TablesRun::publish_group(const TableGroup& group, std::vector<PreparedLoad>& streams,
                              std::deque<LoadScope>& scopes, std::vector<JobReport>& reports,
                              std::optional<std::size_t>& at, const std::stop_token& stop) const {
  const std::size_t count = streams.size();
  // `at` is the table that an error is of.
  const auto load = [&](std::size_t i) -> TableLoad& {
    at = group.tables[i];
    return *streams[i].load;
  };
  for (std::size_t i = 0; i < count; ++i) load(i).begin_publishing(stop);
  for (std::size_t i = count; i-- > 0;) load(i).publication()->remove(stop);
  for (std::size_t i = 0; i < count; ++i) load(i).publication()->put(stop);
  for (std::size_t i = count; i-- > 0;) load(i).publication()->prune(stop);
  for (std::size_t i = 0; i < count; ++i) {
    at = group.tables[i];
    scopes[i].complete_report(reports[i], scopes[i].complete(stop));
  }
}

void TablesRun::commit_group(Connection& target, const std::vector<TableInfo>& loaded,
                             std::vector<JobReport>& reports, const std::stop_token& stop) const {
  if (const auto note = commit_or_ask(target, set_.target_server.run, stop)) {
    for (auto& report : reports) report.remarks.push_back(*note);
  }
  if (!options_.stream.analyze) return;
  for (std::size_t i = 0; i < loaded.size(); ++i) analyze(target, loaded[i], reports[i].remarks, stop);
}

StreamOptions TablesRun::stream_options(std::size_t table) {
  StreamOptions stream = share_of(options_.stream, options_.jobs);
  stream.on_progress = [this, table](const Progress& progress) { board_.update(table, progress); };
  return stream;
}

void TablesRun::end_badly(const TableGroup& group, std::optional<std::size_t> at, const Error& error) {
  for (const std::size_t table : group.tables) {
    board_.end(table, !at || table == *at ? error : error_of_joined(*at, error));
  }
}

Error TablesRun::error_of_joined(std::size_t other, const Error& error) const {
  // What else the error tells is of the other table.
  return {error.kind(),
          std::string("it is joined by ") +
              (makes_types(options_.stream) ? "foreign keys or new types" : "foreign keys") + " with " +
              set_.tables[other].name.display() + ", which was not copied, so neither was it",
          {.sqlstate = std::string(error.sqlstate())}};
}

void TablesRun::tell_progress() const {
  if (options_.on_tables_progress) options_.on_tables_progress(board_.progress());
}

}  // namespace leat::jobs_detail
