#include "jobs/tables/tables_run.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "jobs/indexes/index_restore.hpp"
#include "jobs/load/analyze.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/copy_job.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "jobs/survey/preflight.hpp"
#include "jobs/tables/foreign_keys.hpp"
#include "jobs/tables/hint_words.hpp"
#include "jobs/tables/named_tables.hpp"
#include "jobs/tables/partition_trees.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/job_record.hpp"
#include "leat/pipeline/pipeline_builder.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::jobs_detail {
namespace {

/// Whether its transaction takes more statements.
bool is_usable(const Connection& session) {
  return session.in_transaction() && !session.has_failed();
}

/// Whether tables of several of the source's schemas are made in one of the target's.
bool makes_names_of_several_schemas(const TableSet& set, CreateTarget create) {
  if (create == CreateTarget::never) return false;
  std::map<std::string, std::string> from;  // by the target's schema
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (!set.target_oids[i].empty()) continue;
    const auto [known, is_first] = from.emplace(set.targets[i].schema, set.names[i].schema);
    if (!is_first && known->second != set.names[i].schema) return true;
  }
  return false;
}

/// Foreign keys are made when all tables are there.
void leave_keys_to_the_end(std::vector<std::string>& remarks) {
  std::erase_if(remarks,
                [](const auto& remark) { return remark.starts_with("foreign keys are not made: "); });
}

/// Of a table whose rows are rolled back.
WorkDone work_of(const JobReport& report) {
  return {.rows_read = report.rows_read,
          .rows_written = report.rows_read - report.rows_dropped,
          .bytes_read = report.bytes_read.count(),
          .bytes_written = report.bytes_written.count(),
          .elapsed = report.elapsed};
}

Error stopped_table_error() {
  return {ErrorKind::cancelled, "the job was stopped; nothing of this table was committed"};
}

}  // namespace

TablesRun::TablesRun(const CopyTablesOptions& options, const std::stop_token& stop)
    : options_(options),
      set_(survey_set(options, stop)),
      sessions_({.open =
                     [this](const std::stop_token& token) {
                       auto target = has_target_.exchange(false) ? std::move(set_.target_session) : nullptr;
                       return open_pair(options_, set_, std::move(target), token);
                     },
                 .is_fit = [](SessionPair& pair) { return std::exchange(pair.works, false); },
                 .refusals = {sqlstate::too_many_connections},
                 .on_refusal =
                     [this](const Error& error) {
                       options_.stream.log.warning(std::string("tables are copied by fewer sessions: ") +
                                                   error.what());
                     },
                 .grows_after_loss = true}),
      board_(set_) {}

std::vector<JobPlan> TablesRun::plan(const std::stop_token& stop) {
  std::vector<JobPlan> plans;
  std::vector<Finding> of_set;
  {
    auto pair = sessions_.lend(stop);
    for (const auto& session : {pair->source, pair->target}) {
      check_connections(*session, std::min(options_.jobs, set_.groups.size()) - 1, works_with_fewer, of_set,
                        stop);
    }
    pair->works = true;
  }
  for (const auto& group : set_.groups) {
    // One transaction for all, since what one of them makes the next may need.
    std::optional<SessionPairs::Lease> pair;
    for (const std::size_t table : group.tables) {
      if (!pair) {
        pair.emplace(sessions_.lend(stop));
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
  if (!set_.left_out.empty()) plans.front().remarks.push_back(set_.left_out);
  for (const auto& remark : set_.remarks) {
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
  for (const auto& facts : set_.target.tables) {
    if (facts && facts->info) tables.push_back(facts->info->oid);
  }
  if (tables.empty()) return {};
  auto pair = sessions_.lend(stop);
  auto notes = restore_left(*pair->target, tables, options_.stream.log, stop);
  pair->works = true;
  return notes;
}

std::vector<std::string> TablesRun::make_schemas(const std::stop_token& stop) {
  if (set_.missing_schemas.empty() || set_.target.server.read_only) return {};
  auto pair = sessions_.lend(stop);
  std::vector<std::string> remarks;
  for (const auto& schema : set_.missing_schemas) {
    try {
      static_cast<void>(pair->target->execute("CREATE SCHEMA " + quote_identifier(schema), {}, stop));
      remarks.push_back("schema " + display_identifier(schema) + " was made");
    } catch (const Error& error) {
      // The tables that need it tell why.
      if (!pair->target->is_open() || error.kind() == ErrorKind::cancelled) throw;
    }
  }
  pair->works = true;
  return remarks;
}

CopyTablesReport TablesRun::run(const std::stop_token& stop) {
  auto remarks = restore_indexes(stop);
  // Tables that are copied at the same time would wait for each other's.
  append_all(remarks, make_schemas(stop));
  // Names of indexes and sequences are free in one schema, and may be taken in the one that several go into.
  const std::size_t workers = makes_names_of_several_schemas(set_, options_.stream.create)
                                  ? 1
                                  : std::min(options_.jobs, set_.groups.size());
  auto pipeline = pipeline_of<std::size_t>([this](std::size_t, const std::stop_token&) {
                    std::vector<WorkItem<std::size_t>> items;
                    for (std::size_t i = 0; i < set_.groups.size(); ++i) items.emplace_back(i);
                    return Refill<std::size_t>::done(std::move(items));
                  })
                      .stage("copy", {.workers = workers},
                             [this](WorkItem<std::size_t>& item, const std::stop_token& token) {
                               const TableGroup& group = set_.groups[*item];
                               options_.delivery.job.empty() ? copy(group, token) : copy_named(group, token);
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
  append_all(remarks, join_made_tables(stop));
  tell_progress();
  CopyTablesReport report = board_.report(stop.stop_requested());
  report.remarks = set_.remarks;
  append_all(report.remarks, remarks);
  if (!set_.left_out.empty()) report.remarks.push_back(set_.left_out);
  return report;
}

std::vector<std::string> TablesRun::join_made_tables(const std::stop_token& stop) {
  if (options_.stream.create == CreateTarget::never) return {};
  const auto is_copied = board_.copied();
  std::vector<bool> is_made;
  for (std::size_t i = 0; i < is_copied.size(); ++i)
    is_made.push_back(is_copied[i] && set_.target_oids[i].empty());
  const bool makes = std::find(is_made.begin(), is_made.end(), true) != is_made.end();
  if (stop.stop_requested()) {
    if (!makes) return {};
    return {
        "partitioned tables above the tables that were made, and foreign keys between them, are not made: "
        "the run was stopped"};
  }
  std::vector<std::string> remarks;
  try {
    auto pair = sessions_.lend(stop);
    append_all(remarks, partitions_apart(options_, set_, is_copied, *pair, stop));
    if (!makes) {
      pair->works = true;
      return remarks;
    }
    const auto parents = make_parents(options_, set_, is_made, *pair, stop);
    append_all(remarks, parents.remarks);
    if (options_.stream.create == CreateTarget::full) {
      append_all(remarks, make_foreign_keys(set_, is_made, is_copied, parents.tables, *pair, stop));
    }
    pair->works = true;
  } catch (const Error& error) {
    remarks.push_back(
        std::string("partitioned tables above the tables that were made, and foreign keys between them, "
                    "were not made: ") +
        error.what());
  }
  return remarks;
}

PreparedLoad TablesRun::prepare(const TableGroup& group, std::size_t table, const JobSessions& pair,
                                bool plans_only, const std::stop_token& stop) const {
  const CopyTableOptions copy{.source = options_.source,
                              .target = options_.target,
                              .table = set_.selections[table],
                              .mode = options_.mode,
                              .stream = options_.stream};
  const auto known = [table](const TablesFacts& side) {
    const auto& facts = side.tables[table];
    return KnownFacts{.server = &side.server, .table = facts ? &*facts : nullptr};
  };
  const auto& together = group.tables;
  PreparedLoad stream = prepare_copy(
      copy,
      {.sessions = pair,
       .source = known(set_.source),
       .target = known(set_.target),
       .emptied_together = set_.target_oids_of(group),
       .number =
           static_cast<std::size_t>(std::find(together.begin(), together.end(), table) - together.begin()),
       .is_joined = together.size() > 1,
       .plans_only = plans_only},
      stop);
  for (auto& finding : stream.plan.findings) {
    finding.hint = hint_of_tables(std::move(finding.hint), set_.names[table]);
  }
  if (options_.stream.create == CreateTarget::full) {
    leave_keys_to_the_end(stream.plan.remarks);
    leave_keys_to_the_end(stream.creation.remarks);
  }
  check_group(group, table, stream.plan.findings);
  return stream;
}

void TablesRun::check_group(const TableGroup& group, std::size_t table,
                            std::vector<Finding>& findings) const {
  if (!options_.delivery.job.empty()) {
    if (auto reason = reason_not_to_part(group, set_, options_)) findings.push_back(std::move(*reason));
    return;
  }
  if (!group.has_cycle || options_.stream.triggers != Triggers::fire) return;
  findings.push_back(
      {.code = "foreign_key_cycle",
       .side = ErrorKind::target,
       .message = "foreign keys lead from " + set_.names[table].display() +
                  " and the tables that it is joined with back to it, so no order of loading meets them",
       .sqlstate = "23503",
       .hint = "--disable-triggers, or make one of the keys DEFERRABLE; of partitions, name the "
               "partitioned table instead"});
}

JobPlan TablesRun::plan_of(const TableGroup& group, std::size_t table, const JobSessions& pair,
                           const std::stop_token& stop) const {
  try {
    if (options_.delivery.job.empty()) return prepare(group, table, pair, true, stop).plan;
    auto one = named_table(options_, set_.selections[table], set_.names[table]);
    JobPlan plan = plan_named_table(std::move(one), stop);
    for (auto& finding : plan.findings) {
      finding.hint = hint_of_tables(std::move(finding.hint), set_.names[table]);
    }
    check_group(group, table, plan.findings);
    return plan;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    const std::string name = set_.names[table].display();
    return {.source = options_.source.label_of(*pair.source) + ": " + name,
            .target = options_.target.label_of(*pair.target) + ": " + set_.targets[table].display(),
            .findings = {to_finding(
                "refused", error.with_hint(hint_of_tables(std::string(error.hint()), set_.names[table])))}};
  }
}

bool TablesRun::is_done_job(const std::string& name, const std::stop_token& stop) {
  auto pair = sessions_.lend(stop);
  const auto record = read_job(*pair->target, name, stop);
  pair->works = true;
  return record && record->state == JobState::done;
}

void TablesRun::copy_named(const TableGroup& group, const std::stop_token& stop) {
  std::vector<Finding> findings;
  check_group(group, group.tables.front(), findings);
  std::optional<std::pair<std::size_t, Error>> failed;
  for (const std::size_t table : group.tables) {
    if (failed) {
      board_.end(table, {}, error_of_joined(failed->first, failed->second));
      continue;
    }
    try {
      auto one = named_table(options_, set_.selections[table], set_.names[table]);
      // What is done stays done, whatever joins it now.
      if (has_error(findings) && !is_done_job(one.delivery.job, stop)) throw to_error(findings);
      board_.update(table, {});
      one.stream.on_progress = [this, table](const Progress& progress) { board_.update(table, progress); };
      one.stream.log = stream_of(table).log.with({{"job", one.delivery.job}});
      JobReport report = logged_run(one.stream.log, to_string(one.mode),
                                    [&] { return run_named_table(one, set_.snapshot, stop); });
      if (options_.stream.create == CreateTarget::full) leave_keys_to_the_end(report.remarks);
      board_.end(table, std::move(report));
    } catch (const Error& error) {
      board_.end(table, {}, error);
      // What stands against the group is told of each of its tables.
      if (!has_error(findings)) failed.emplace(table, error);
    }
  }
}

void TablesRun::copy(const TableGroup& group, const std::stop_token& stop) {
  std::optional<std::size_t> at;  // where only one table can be meant
  std::map<std::size_t, WorkDone> work;
  try {
    auto pair = sessions_.lend(stop);
    pair->target->begin_with_next(target_transaction, stop);
    auto loads = prepare_all(group, *pair, stop);
    if (loads.empty()) return;
    const bool is_joined = loads.size() > 1;
    if (is_joined) begin_group(group, loads, *pair->target, stop);
    for (auto& one : loads) {
      at = one.table;
      board_.update(*at, {.rows_expected = one.load.rows_expected});
      StreamOptions own = share_of(one.options, options_.jobs);
      log_begin(own.log, to_string(options_.mode));
      own.on_progress = [this, &one](const Progress& progress) { board_.update(one.table, progress); };
      one.report = run_single(one.load, one.scope, {.stream = own, .transform = {}}, stop);
      work[*at] = work_of(one.report);
      board_.load(*at);
    }
    if (is_joined) {
      if (is_staged(options_.mode)) publish_group(loads, at, stop);
      at.reset();
      commit_group(*pair->target, loads, stop);
    }
    for (auto& one : loads) {
      log_end(one.options.log, one.report);
      board_.end(one.table, std::move(one.report));
    }
    if (pair->target->is_open()) pair->works = true;
  } catch (const Stopped&) {
    end_badly(group, at, stopped_table_error(), work);
    throw;
  } catch (const Error& error) {
    const bool stopped = error.kind() == ErrorKind::cancelled && !error.in_doubt();
    if (at && error.work().rows_read > 0) work[*at] = error.work();
    end_badly(group, at, stopped ? stopped_table_error() : error, work);
  }
}

std::deque<GroupLoad> TablesRun::prepare_all(const TableGroup& group, const JobSessions& pair,
                                             const std::stop_token& stop) {
  std::deque<GroupLoad> loads;
  std::map<std::size_t, Error> errors;
  for (const std::size_t table : group.tables) {
    // A transaction in which a server has refused something answers nothing more.
    if (!is_usable(*pair.source) || !is_usable(*pair.target)) break;
    try {
      loads.emplace_back(table, prepare(group, table, pair, false, stop), stream_of(table));
      const auto& findings = loads.back().load.plan.findings;
      if (has_error(findings)) errors.emplace(table, to_error(findings));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      errors.emplace(table, error);
    }
  }
  if (errors.empty()) return loads;
  const auto& [first, error] = *errors.begin();
  for (const std::size_t table : group.tables) {
    const auto own = errors.find(table);
    const Error failure = own != errors.end() ? own->second : error_of_joined(first, error);
    log_end(stream_of(table).log, failure);
    board_.end(table, {}, failure);
  }
  return {};
}

StreamOptions TablesRun::stream_of(std::size_t table) const {
  StreamOptions stream = options_.stream;
  stream.log = stream.log.with({{"table", set_.names[table].display()}});
  if (options_.before_commit) {
    stream.before_commit = [this, table](Connection& target, const std::stop_token& stop) {
      options_.before_commit(target, {set_.targets[table]}, stop);
    };
  }
  return stream;
}

void TablesRun::begin_group(const TableGroup& group, std::deque<GroupLoad>& loads, Connection& target,
                            const std::stop_token& stop) const {
  if (options_.stream.triggers == Triggers::disable)
    static_cast<void>(target.execute(silence_triggers, {}, stop));
  if (group.defers) static_cast<void>(target.execute("SET CONSTRAINTS ALL DEFERRED", {}, stop));
  for (auto& one : loads) {
    one.scope.mark({LoadStep::hook, LoadStep::commit, LoadStep::analyze});
    if (!is_staged(options_.mode)) continue;
    // What follows the rows is done for all tables of the group, one step after the other.
    one.scope.mark({LoadStep::create, LoadStep::publish, LoadStep::count, LoadStep::verify, LoadStep::indexes,
                    LoadStep::sequences});
  }
  if (options_.mode != WriteMode::replace) return;
  std::vector<TableInfo> tables;
  bool deletes = false;
  bool always = false;
  for (auto& one : loads) {
    TableLoad& load = *one.load.load;
    tables.push_back(load.table());
    deletes = deletes || load.facts().empties_by_delete;
    always = always || load.truncates_always();
    load.keep_rows();
  }
  if (!deletes) {
    empty(target, tables, always, stop);
    return;
  }
  const auto along = set_.target_oids_of(group);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) one->load.load->delete_all(along, stop);
}

void TablesRun::publish_group(std::deque<GroupLoad>& loads, std::optional<std::size_t>& at,
                              const std::stop_token& stop) {
  // `at` is the table that an error is of.
  const auto load = [&at](GroupLoad& one) -> TableLoad& {
    at = one.table;
    return *one.load.load;
  };
  for (auto& one : loads) load(one).begin_publishing(stop);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) load(*one).publication()->remove(stop);
  for (auto& one : loads) load(one).publication()->put(stop);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) load(*one).publication()->prune(stop);
  for (auto& one : loads) {
    at = one.table;
    one.scope.complete_report(one.report, one.scope.complete(stop));
  }
}

void TablesRun::commit_group(Connection& target, std::deque<GroupLoad>& loads,
                             const std::stop_token& stop) const {
  if (options_.before_commit) {
    std::vector<TableName> names;
    for (const auto& one : loads) names.push_back(set_.targets[one.table]);
    options_.before_commit(target, names, stop);
  }
  const auto begin = std::chrono::steady_clock::now();
  if (const auto note = commit_or_ask(target, set_.target.server.run, stop)) {
    for (auto& one : loads) one.report.remarks.push_back(*note);
  }
  options_.stream.log.log_event(LogLevel::info, "commit", "the tables that are joined are committed",
                                {{"tables", loads.size()}, {"seconds", since(begin)}});
  if (!options_.stream.analyze) return;
  for (auto& one : loads) analyze(target, one.load.load->table(), one.report.remarks, stop);
}

void TablesRun::end_badly(const TableGroup& group, std::optional<std::size_t> at, const Error& error,
                          const std::map<std::size_t, WorkDone>& work) {
  for (const std::size_t table : group.tables) {
    const Error own = !at || table == *at ? error : error_of_joined(*at, error);
    log_end(stream_of(table).log, own);
    const auto done = work.find(table);
    board_.end(table, {}, own.with_work(done == work.end() ? WorkDone() : done->second));
  }
}

Error TablesRun::error_of_joined(std::size_t other, const Error& error) const {
  const bool makes_types = options_.stream.create != CreateTarget::never || options_.stream.evolve;
  // What else the error tells is of the other table.
  return {error.kind(),
          std::string("it is joined by ") + (makes_types ? "foreign keys or new types" : "foreign keys") +
              " with " + set_.names[other].display() + ", which was not copied, so neither was it",
          {.sqlstate = std::string(error.sqlstate())}};
}

void TablesRun::tell_progress() const {
  if (options_.on_tables_progress) options_.on_tables_progress(board_.progress());
}

}  // namespace leat::jobs_detail
