#include "jobs/tables/group_copy.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "jobs/load/analyze.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/options/batch_memory.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/prepare/load_scope.hpp"
#include "jobs/report/job_events.hpp"
#include "jobs/run/single_load.hpp"
#include "jobs/survey/commit_inquiry.hpp"
#include "jobs/tables/made_tables.hpp"
#include "jobs/tables/table_preparation.hpp"

namespace leat::jobs_detail {
namespace {

/// A table of a group while it is copied.
struct GroupLoad {
  GroupLoad(std::size_t position, PreparedLoad prepared, StreamOptions its)
      : table(position), options(std::move(its)), load(std::move(prepared)), scope(load, options) {}

  const std::size_t table;
  const StreamOptions options;
  PreparedLoad load;
  LoadScope scope;
  JobReport report{};
};

/// Whether its transaction takes more statements.
bool is_usable(const Connection& session) {
  return session.in_transaction() && !session.has_failed();
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

class GroupCopy {
 public:
  GroupCopy(TablesWork& work, const TableGroup& group, const std::stop_token& stop)
      : work_(work), options_(work.options), set_(work.set), board_(work.board), group_(group), stop_(stop) {}

  void run();

 private:
  /// Looks at every table; none where one stands against the group, which is told of each that does.
  [[nodiscard]] std::deque<GroupLoad> prepare(const JobSessions& pair);
  /// Empties the tables and tells the server when to check their keys.
  void begin(std::deque<GroupLoad>& loads, Connection& target);
  /// Gets the staged rows of all tables into them.
  void publish(std::deque<GroupLoad>& loads);
  void commit(std::deque<GroupLoad>& loads, Connection& target);
  /// `at_` is the table that the error is of, if it is of one.
  void end_badly(const Error& error);

  TablesWork& work_;
  const CopyTablesOptions& options_;
  const TableSet& set_;
  TablesBoard& board_;
  const TableGroup& group_;
  const std::stop_token& stop_;
  std::optional<std::size_t> at_;              // where only one table can be meant
  std::map<std::size_t, WorkDone> work_done_;  // by table
};

void GroupCopy::run() {
  try {
    auto pair = work_.sessions.lend(stop_);
    pair->target->begin_with_next(target_transaction, stop_);
    // They are gone before the sessions are lent to others.
    auto loads = prepare(*pair);
    if (loads.empty()) return;
    note_made_tables(work_, group_, *pair->target, stop_);
    const bool is_joined = loads.size() > 1;
    if (is_joined) begin(loads, *pair->target);
    for (auto& one : loads) {
      at_ = one.table;
      board_.update(*at_, {.rows_expected = one.load.rows_expected});
      StreamOptions own = share_of(one.options, options_.jobs);
      log_begin(own.log, to_string(options_.mode));
      own.on_progress = [this, &one](const Progress& progress) { board_.update(one.table, progress); };
      one.report = run_single(one.load, one.scope, {.stream = own, .transform = {}}, stop_);
      work_done_[*at_] = work_of(one.report);
      board_.load(*at_);
    }
    if (is_joined) {
      if (is_staged(options_.mode)) publish(loads);
      at_.reset();
      commit(loads, *pair->target);
    }
    for (auto& one : loads) {
      log_end(one.options.log, one.report);
      board_.end(one.table, std::move(one.report));
    }
    if (pair->target->is_open()) pair->works = true;
  } catch (const Stopped&) {
    end_badly(stopped_table_error());
    throw;
  } catch (const Error& error) {
    const bool stopped = error.kind() == ErrorKind::cancelled && !error.in_doubt();
    if (at_ && error.work().rows_read > 0) work_done_[*at_] = error.work();
    end_badly(stopped ? stopped_table_error() : error);
  }
}

std::deque<GroupLoad> GroupCopy::prepare(const JobSessions& pair) {
  std::deque<GroupLoad> loads;
  std::map<std::size_t, Error> errors;
  std::vector<TableName> taken;
  for (const std::size_t table : group_.tables) {
    // A transaction in which a server has refused something answers nothing more.
    if (!is_usable(*pair.source) || !is_usable(*pair.target)) break;
    try {
      loads.emplace_back(table, prepare_table(work_, group_, table, pair, taken, false, stop_),
                         work_.stream_of(table));
      append_all(taken, loads.back().load.creation.own_names);
      const auto& findings = loads.back().load.plan.findings;
      if (has_error(findings)) errors.emplace(table, to_error(findings));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      errors.emplace(table, error);
    }
  }
  if (errors.empty()) return loads;
  const auto& [first, error] = *errors.begin();
  for (const std::size_t table : group_.tables) {
    const auto own = errors.find(table);
    const Error failure = own != errors.end() ? own->second : work_.error_of_joined(first, error);
    log_end(work_.stream_of(table).log, failure);
    board_.end(table, {}, failure);
  }
  return {};
}

void GroupCopy::begin(std::deque<GroupLoad>& loads, Connection& target) {
  if (options_.stream.triggers == Triggers::disable)
    static_cast<void>(target.execute(silence_triggers, {}, stop_));
  if (group_.defers) static_cast<void>(target.execute("SET CONSTRAINTS ALL DEFERRED", {}, stop_));
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
    empty(target, tables, always, stop_);
    return;
  }
  const auto along = set_.target_oids_of(group_);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) one->load.load->delete_all(along, stop_);
}

void GroupCopy::publish(std::deque<GroupLoad>& loads) {
  // `at_` is the table that an error is of.
  const auto load = [this](GroupLoad& one) -> TableLoad& {
    at_ = one.table;
    return *one.load.load;
  };
  for (auto& one : loads) load(one).begin_publishing(stop_);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) load(*one).publication()->remove(stop_);
  for (auto& one : loads) load(one).publication()->put(stop_);
  for (auto one = loads.rbegin(); one != loads.rend(); ++one) load(*one).publication()->prune(stop_);
  for (auto& one : loads) {
    at_ = one.table;
    one.scope.complete_report(one.report, one.scope.complete(stop_));
  }
}

void GroupCopy::commit(std::deque<GroupLoad>& loads, Connection& target) {
  if (options_.before_commit) {
    std::vector<TableName> names;
    for (const auto& one : loads) names.push_back(set_.targets[one.table]);
    options_.before_commit(target, names, stop_);
  }
  const auto begin = std::chrono::steady_clock::now();
  if (const auto note = commit_or_ask(target, set_.target.server.run, stop_)) {
    for (auto& one : loads) one.report.remarks.push_back(*note);
  }
  options_.stream.log.log_event(LogLevel::info, "commit", "the tables that are joined are committed",
                                {{"tables", loads.size()}, {"seconds", since(begin)}});
  if (!options_.stream.analyze) return;
  for (auto& one : loads) analyze(target, one.load.load->table(), one.report.remarks, stop_);
}

void GroupCopy::end_badly(const Error& error) {
  for (const std::size_t table : group_.tables) {
    const Error own = !at_ || table == *at_ ? error : work_.error_of_joined(*at_, error);
    log_end(work_.stream_of(table).log, own);
    const auto done = work_done_.find(table);
    board_.end(table, {}, own.with_work(done == work_done_.end() ? WorkDone() : done->second));
  }
}

}  // namespace

void copy_group(TablesWork& work, const TableGroup& group, const std::stop_token& stop) {
  GroupCopy(work, group, stop).run();
}

}  // namespace leat::jobs_detail
