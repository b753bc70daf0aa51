#include "leat/jobs/copy_tables.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "jobs/copy_job.hpp"
#include "jobs/session_pairs.hpp"
#include "jobs/table_groups.hpp"
#include "leat/jobs/copy_table.hpp"
#include "leat/pipeline/pipeline_builder.hpp"
#include "leat/postgres/table_list.hpp"

namespace leat {
namespace {

using namespace jobs_detail;

constexpr std::size_t most_jobs = 64;

constexpr const char* key_query = R"(
SELECT k.conrelid, k.confrelid, pg_catalog.bool_and(k.condeferrable)
FROM pg_catalog.pg_constraint k
WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
  AND k.conrelid = ANY ($1::pg_catalog.oid[]) AND k.confrelid = ANY ($1::pg_catalog.oid[])
GROUP BY k.conrelid, k.confrelid)";

std::vector<TablePattern> parse_patterns(const std::vector<std::string>& texts) {
  std::vector<TablePattern> patterns;
  for (const auto& text : texts) patterns.push_back(TablePattern::parse(text));
  return patterns;
}

/// The keys between the tables in the target, by the tables' positions. Tables that it lacks have none.
std::vector<KeyBetween> keys_between(Connection& target, const std::vector<ListedTable>& tables,
                                     const std::stop_token& stop) {
  std::map<std::string, std::size_t, std::less<>> positions;
  std::string oids = "{";
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const std::array<Parameter, 1> name{tables[i].name.sql()};
    const Result found = target.execute("SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", name, stop);
    if (found.is_null(0, 0)) continue;
    oids += (oids.size() == 1 ? "" : ",") + std::string(found.text(0, 0));
    positions.emplace(found.text(0, 0), i);
  }
  const std::array<Parameter, 1> all{oids + "}"};
  const Result found = target.execute(key_query, all, stop);
  std::vector<KeyBetween> keys;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    keys.push_back({.child = positions.find(found.text(i, 0))->second,
                    .parent = positions.find(found.text(i, 1))->second,
                    .deferrable = found.boolean(i, 2)});
  }
  return keys;
}

/// One run over many tables.
class TablesRun {
 public:
  TablesRun(const CopyTablesOptions& options, const std::stop_token& stop)
      : options_(options),
        started_(SteadyClock::now()),
        sessions_(options.source, options.target, options.stream) {
    auto source = sessions_.lead(stop);
    tables_ = list_tables(*source, parse_patterns(options.include), parse_patterns(options.exclude), stop);
    auto target = connect(options.target, ErrorKind::target, options.stream, stop);
    groups_ = group_tables(tables_.size(), keys_between(*target, tables_, stop));
    std::stable_sort(groups_.begin(), groups_.end(), [this](const TableGroup& a, const TableGroup& b) {
      return size(a).count() > size(b).count();
    });
    for (const auto& table : tables_) results_.push_back({.table = table.name.display(), .report = {}});
    ended_.resize(tables_.size(), false);
  }

  [[nodiscard]] std::vector<JobPlan> plan(const std::stop_token& stop) {
    std::vector<JobPlan> plans;
    for (const auto& group : groups_) {
      for (const std::size_t table : group.tables) {
        JobSessions pair = sessions_.take(stop);
        pair.target->begin(target_transaction, stop);
        plans.push_back(prepare(group, table, pair, stop).plan);
        pair.target->rollback();
        // What a server has refused ends a transaction, so that the pair is of no more use.
        if (!has_error(plans.back().findings)) sessions_.give_back(std::move(pair));
      }
    }
    return plans;
  }

  [[nodiscard]] CopyTablesReport run(const std::stop_token& stop) {
    auto pipeline = pipeline_of<std::size_t>([this](std::size_t, const std::stop_token&) {
                      std::vector<WorkItem<std::size_t>> items;
                      for (std::size_t i = 0; i < groups_.size(); ++i) items.emplace_back(i);
                      return Refill<std::size_t>::done(std::move(items));
                    })
                        .stage("copy", {.workers = std::min(options_.jobs, groups_.size())},
                               [this](WorkItem<std::size_t>& item, const std::stop_token& token) {
                                 copy(groups_[*item], token);
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
    return report(stop.stop_requested());
  }

 private:
  /// Of all its tables, in the source.
  [[nodiscard]] ByteCount size(const TableGroup& group) const {
    ByteCount sum;
    for (const std::size_t table : group.tables) sum = sum + tables_[table].size;
    return sum;
  }

  [[nodiscard]] PreparedStream prepare(const TableGroup& group, std::size_t table, const JobSessions& pair,
                                       const std::stop_token& stop) const {
    CopyTableOptions copy{.source = options_.source,
                          .target = options_.target,
                          .from = tables_[table].name.sql(),
                          .mode = options_.mode,
                          .stream = options_.stream};
    PreparedStream stream = prepare_copy(copy, pair, stop);
    stream.commits = group.tables.size() == 1;
    if (group.has_cycle && options_.stream.triggers == Triggers::fire) {
      stream.plan.findings.push_back(
          {.code = "foreign_key_cycle",
           .side = ErrorKind::target,
           .message = "foreign keys lead from " + tables_[table].name.display() +
                      " and the tables that it is joined with back to it, so no order "
                      "of loading meets them",
           .sqlstate = "23503",
           .hint = "--disable-triggers, or make one of the keys DEFERRABLE"});
    }
    return stream;
  }

  /// Copies one group, in one transaction.
  void copy(const TableGroup& group, const std::stop_token& stop) {
    std::size_t at = group.tables.front();
    JobSessions pair;
    try {
      pair = sessions_.take(stop);
      pair.target->begin(target_transaction, stop);
      std::vector<PreparedStream> streams;
      for (const std::size_t table : group.tables) {
        at = table;
        streams.push_back(prepare(group, table, pair, stop));
        if (has_error(streams.back().plan.findings)) throw to_error(streams.back().plan.findings);
      }
      if (group.tables.size() > 1) begin_group(group, streams, *pair.target, stop);
      std::vector<JobReport> reports;
      std::vector<TableInfo> loaded;
      for (std::size_t i = 0; i < streams.size(); ++i) {
        at = group.tables[i];
        loaded.push_back(streams[i].load->table());
        reports.push_back(run_stream(std::move(streams[i]), {}, stream_options(at), stop));
      }
      if (group.tables.size() > 1) commit_group(*pair.target, loaded, reports, stop);
      end_well(group, std::move(reports));
      sessions_.give_back(std::move(pair));
    } catch (const Stopped&) {
      end_badly(group, at,
                Error(ErrorKind::cancelled, "the job was stopped; nothing of this table was committed"));
      throw;
    } catch (const Error& error) {
      end_badly(group, at, error);
    }
    // A pair that was not given back is closed here, and with it its transactions.
  }

  /// Empties the tables of a group and tells the server when to check their keys.
  void begin_group(const TableGroup& group, std::vector<PreparedStream>& streams, Connection& target,
                   const std::stop_token& stop) const {
    if (options_.stream.triggers == Triggers::disable)
      static_cast<void>(target.execute(silence_triggers, {}, stop));
    if (group.defers) static_cast<void>(target.execute("SET CONSTRAINTS ALL DEFERRED", {}, stop));
    if (options_.mode == WriteMode::append) return;
    TableManager manager(target);
    std::vector<TableInfo> infos;
    for (auto& stream : streams) {
      infos.push_back(stream.load->table());
      stream.load->keep_rows();
    }
    std::vector<std::vector<ReferencingKey>> keys;
    bool from_outside = false;
    for (const auto& info : infos) {
      keys.push_back(manager.referencing_keys(info, stop));
      std::erase_if(keys.back(), [&](const ReferencingKey& key) {
        return std::any_of(infos.begin(), infos.end(),
                           [&](const TableInfo& i) { return i.name == key.table; });
      });
      from_outside = from_outside || !keys.back().empty();
    }
    if (!from_outside) {
      manager.truncate(infos, stop);
      return;
    }
    for (std::size_t i = infos.size(); i-- > 0;) manager.delete_all(infos[i], keys[i], stop);
  }

  void commit_group(Connection& target, const std::vector<TableInfo>& loaded, std::vector<JobReport>& reports,
                    const std::stop_token& stop) const {
    target.commit(stop);
    if (!options_.stream.analyze) return;
    for (std::size_t i = 0; i < loaded.size(); ++i) analyze(target, loaded[i], reports[i].remarks, stop);
  }

  [[nodiscard]] StreamOptions stream_options(std::size_t table) {
    StreamOptions stream = options_.stream;
    stream.on_progress = [this, table](const Progress& progress) {
      const std::lock_guard lock(mutex_);
      running_[table] = progress;
    };
    return stream;
  }

  void end_well(const TableGroup& group, std::vector<JobReport> reports) {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < group.tables.size(); ++i) {
      const std::size_t table = group.tables[i];
      running_.erase(table);
      ended_[table] = true;
      results_[table].report = std::move(reports[i]);
    }
  }

  void end_badly(const TableGroup& group, std::size_t at, const Error& error) {
    const std::lock_guard lock(mutex_);
    for (const std::size_t table : group.tables) {
      running_.erase(table);
      ended_[table] = true;
      if (table == at) {
        results_[table].error = error;
        continue;
      }
      results_[table].error = Error(error.kind(),
                                    "it is joined by foreign keys with " + tables_[at].name.display() +
                                        ", which was not copied, so neither was it",
                                    {.sqlstate = std::string(error.sqlstate())});
    }
  }

  void tell_progress() {
    if (!options_.on_tables_progress) return;
    TablesProgress progress{.tables = tables_.size()};
    {
      const std::lock_guard lock(mutex_);
      for (std::size_t i = 0; i < tables_.size(); ++i) {
        if (ended_[i]) ++progress.tables_ended;
        progress.total.rows += results_[i].report.rows_written;
        progress.total.bytes += results_[i].report.bytes_written.count();
      }
      for (const auto& [table, one] : running_) {
        progress.total.rows += one.rows;
        progress.total.bytes += one.bytes;
        progress.running.push_back({.table = tables_[table].name.display(), .progress = one});
      }
    }
    progress.total.elapsed = SteadyClock::now() - started_;
    options_.on_tables_progress(progress);
  }

  [[nodiscard]] CopyTablesReport report(bool stopped) {
    const std::lock_guard lock(mutex_);
    CopyTablesReport all{.elapsed = SteadyClock::now() - started_};
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (!ended_[i]) {
        results_[i].error = Error(ErrorKind::cancelled, "the job was stopped before this table");
      }
      all.rows_written += results_[i].report.rows_written;
      all.bytes_written = all.bytes_written + results_[i].report.bytes_written;
      if (results_[i].error) all.status = stopped ? JobStatus::cancelled : JobStatus::failed;
    }
    all.tables = results_;
    return all;
  }

  // Constant while it runs
  const CopyTablesOptions& options_;
  const SteadyClock::time_point started_;
  std::vector<ListedTable> tables_;
  std::vector<TableGroup> groups_;

  SessionPairs sessions_;

  std::mutex mutex_;
  // Guarded by mutex_
  std::vector<CopiedTable> results_;
  std::vector<bool> ended_;
  std::map<std::size_t, Progress> running_;
};

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
  validate(options_.stream);
  if (options_.include.empty()) throw Error(ErrorKind::config, "include names no table");
  static_cast<void>(parse_patterns(options_.include));
  static_cast<void>(parse_patterns(options_.exclude));
  if (options_.jobs < 1 || options_.jobs > most_jobs) {
    throw Error(ErrorKind::config, "jobs must lie between 1 and " + std::to_string(most_jobs));
  }
}

std::vector<JobPlan> CopyTables::plan(std::stop_token stop) const {
  try {
    return TablesRun(options_, stop).plan(stop);
  } catch (const Stopped&) {
    throw_cancelled();
  }
}

CopyTablesReport CopyTables::run(std::stop_token stop) const {
  try {
    return TablesRun(options_, stop).run(stop);
  } catch (const Stopped&) {
    throw_cancelled();
  }
}

}  // namespace leat
