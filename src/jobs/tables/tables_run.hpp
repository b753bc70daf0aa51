#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "jobs/prepare/load_scope.hpp"
#include "jobs/tables/session_pairs.hpp"
#include "jobs/tables/table_set.hpp"
#include "jobs/tables/tables_board.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat::jobs_detail {

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

/// One run over many tables, whose options must outlive it. Used by one thread.
class TablesRun {
 public:
  /// Looks at every table on both sides.
  TablesRun(const CopyTablesOptions& options, const std::stop_token& stop);

  [[nodiscard]] std::vector<JobPlan> plan(const std::stop_token& stop);
  [[nodiscard]] CopyTablesReport run(const std::stop_token& stop);

 private:
  [[nodiscard]] PreparedLoad prepare(const TableGroup& group, std::size_t table, const JobSessions& pair,
                                     bool plans_only, const std::stop_token& stop) const;
  /// Whether the ledger says that a job has done all that it is to do.
  [[nodiscard]] bool is_done_job(const std::string& name, const std::stop_token& stop);
  /// The plan of one table; what makes that impossible is a finding of it.
  [[nodiscard]] JobPlan plan_of(const TableGroup& group, std::size_t table, const JobSessions& pair,
                                const std::stop_token& stop) const;

  /// Brings back indexes and constraints that a run which did not end has left dropped.
  [[nodiscard]] std::vector<std::string> restore_indexes(const std::stop_token& stop);
  /// Makes the schemas that tables to be made need, each in a transaction of its own. Returns what to tell.
  [[nodiscard]] std::vector<std::string> make_schemas(const std::stop_token& stop);
  /// What is made when the tables are there: the partitioned tables above them, and foreign keys. Returns
  /// what to tell. Never fails, since the rows are committed.
  [[nodiscard]] std::vector<std::string> join_made_tables(const std::stop_token& stop);
  /// What keeps the tables of a group from being loaded at all, whatever they are like.
  void check_group(const TableGroup& group, std::size_t table, std::vector<Finding>& findings) const;
  /// Copies the tables of one group, one after the other, each as a job that has a name.
  void copy_named(const TableGroup& group, const std::stop_token& stop);
  /// Copies one group, in one transaction.
  void copy(const TableGroup& group, const std::stop_token& stop);
  /// Looks at every table of a group; none where one stands against it, which is told of each that does.
  [[nodiscard]] std::deque<GroupLoad> prepare_all(const TableGroup& group, const JobSessions& pair,
                                                  const std::stop_token& stop);
  /// The options of the load of one table that is committed alone; their log knows the table.
  [[nodiscard]] StreamOptions stream_of(std::size_t table) const;
  /// Empties the tables of a group and tells the server when to check their keys.
  void begin_group(const TableGroup& group, std::deque<GroupLoad>& loads, Connection& target,
                   const std::stop_token& stop) const;
  /// Gets the staged rows of all tables into them.
  static void publish_group(std::deque<GroupLoad>& loads, std::optional<std::size_t>& at,
                            const std::stop_token& stop);
  void commit_group(Connection& target, std::deque<GroupLoad>& loads, const std::stop_token& stop) const;

  /// `at` is the table that the error is of, if it is of one.
  void end_badly(const TableGroup& group, std::optional<std::size_t> at, const Error& error,
                 const std::map<std::size_t, WorkDone>& work);
  /// The error of a table that was not copied because another one was not.
  [[nodiscard]] Error error_of_joined(std::size_t other, const Error& error) const;
  void tell_progress() const;

  const CopyTablesOptions& options_;
  TableSet set_;                        // constant after construction, but for target_session
  std::atomic<bool> has_target_{true};  // set_.target_session, for the pair that is opened first
  SessionPairs sessions_;
  TablesBoard board_;
};

}  // namespace leat::jobs_detail
