#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/indexes/index_choice.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/ledger/detail/drop_record.hpp"
#include "leat/postgres/catalog/detail/secondary_objects.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What the load of one table is given.
struct IndexRebuildSetup {
  IndexChoiceFacts choice{};     ///< as far as the table is not looked at
  bool keys_are_silent = false;  ///< foreign keys are not checked during the load
  /// The session that reads, where it is one of the target's database.
  std::optional<int> reader_pid{};
  Logger log{};
  /// A new session with the target.
  std::function<std::shared_ptr<Connection>(const std::stop_token&)> open{};
};

/// What becomes of a table's secondary indexes and constraints around one load, whose session, in its
/// transaction, must outlive it. Used by one thread at a time.
class IndexRebuild {
 public:
  /// Looks at the table, which must be one that can be loaded, and decides.
  IndexRebuild(Connection& load, const TableFacts& target, IndexRebuildSetup setup,
               const std::stop_token& stop);

  /// Adds what stands against it, and what a user should know.
  void add_findings(std::vector<Finding>& findings) const;
  [[nodiscard]] std::vector<std::string> remarks() const;
  /// Adds the statements to those of the load, which begin with BEGIN and hold a COMMIT.
  void add_statements(std::vector<std::string>& load) const;

  /// Whether the load is to drop any, and to make them again.
  [[nodiscard]] bool rebuilds() const { return choice_.rebuilds; }
  /// The names of constraints that are not there during the load.
  [[nodiscard]] std::vector<std::string> dropped_constraints() const;
  /// Brings back what an earlier run has left dropped, in transactions of its own. No transaction of the load
  /// may hold the table.
  void restore(const std::stop_token& stop);
  /// Before the load locks, empties or fills the table.
  void before_load(const std::stop_token& stop);
  /// When all rows are there, before the commit. @throws Error: 23505 or 23503 where rows break what was
  /// dropped.
  void after_load(const std::stop_token& stop);
  /// When the load has failed: ends its transaction and brings back what was dropped. Never throws; what a
  /// user has to do then, empty for nothing.
  [[nodiscard]] std::string after_failure(const std::stop_token& stop) noexcept;
  /// What was done.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  void look_at_table(const std::stop_token& stop);
  void look_at_record(const std::stop_token& stop);
  /// Which objects can be dropped, and which cannot.
  void read_objects(Connection& connection, const std::stop_token& stop);
  /// What is to be dropped, and what is already.
  [[nodiscard]] std::vector<postgres_detail::SecondaryObject> all() const;
  [[nodiscard]] std::string lock_sql(std::string_view mode) const;
  /// @throws Error (55P03) that names the table.
  void lock(Connection& connection, const std::stop_token& stop) const;
  /// Drops what can be dropped by now, with its record. @throws Error where something else has the name of
  /// what is in the record.
  void drop(Connection& connection, const std::stop_token& stop);
  void drop_recorded(const std::stop_token& stop);
  void note(std::string text);

  // Constant after construction
  Connection& load_;
  TableInfo table_;
  IndexRebuildSetup setup_;
  // Indexes are dropped by a transaction of its own that is committed before the load, together with the
  // record from which they are brought back, so that others read the table during the load. Else the load's
  // transaction drops them, and whatever ends it brings them back.
  bool is_recorded_ = false;
  IndexChoice choice_;
  bool is_owner_ = false;
  bool is_read_ = false;     // by the session that reads
  std::vector<Oid> held_{};  // by the session that reads
  RecordFacts record_{};
  bool may_make_record_ = true;  // or it is there
  std::string other_run_{};      // which has dropped what is in the record, and is at work
  std::vector<postgres_detail::SecondaryObject> left_{};  // by an earlier run, in the record
  // Used by one thread at a time
  std::vector<postgres_detail::SecondaryObject> objects_{};  // that can be dropped
  std::vector<postgres_detail::SecondaryObject> kept_{};
  bool has_committed_drop_ = false;
  std::vector<std::string> notes_{};
};

}  // namespace leat::jobs_detail
