#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jobs/load/merge_sql.hpp"
#include "jobs/load/publication.hpp"
#include "jobs/load/staged_joins.hpp"

namespace leat::jobs_detail {

/// What publications into tables have in common. Used by one thread at a time.
class StagedPublication : public Publication {
 public:
  StagedPublication(const PublicationContext& context, MergeSql sql)
      : connection_(context.connection),
        facts_(context.facts),
        is_silent_(context.is_silent),
        sql_(std::move(sql)),
        joins_(context.connection, only_sql(*context.facts.info)) {}

  [[nodiscard]] std::string create_staging_sql() const override { return sql_.create_staging(table()); }
  void check(const std::stop_token&) const override {}
  LoadCounts end(const std::stop_token& stop) override;

 protected:
  [[nodiscard]] const TableInfo& table() const { return *facts_.info; }
  [[nodiscard]] const TableFacts& facts() const { return facts_; }
  [[nodiscard]] const MergeSql& sql() const { return sql_; }
  [[nodiscard]] Connection& connection() const { return connection_; }
  [[nodiscard]] bool is_silent() const { return is_silent_; }
  [[nodiscard]] bool triggers_fire(unsigned on_any) const {
    return !facts_.triggers_on(on_any, is_silent_).empty();
  }

  /// Runs a statement that may take long. Returns its rows, or how many rows it has changed.
  Result run(const std::string& sql, const std::stop_token& stop) const {
    return connection_.execute_long(sql, {}, stop);
  }
  /// The same of one that joins what was staged with the table.
  Result join(const std::string& sql, const std::stop_token& stop) const { return joins_.run(sql, stop); }
  /// To be called before that, when so many rows are staged and others are kept out.
  void look_at_table(std::uint64_t staged, const std::stop_token& stop) { joins_.look(staged, stop); }
  [[nodiscard]] bool finds(const std::string& sql, const std::stop_token& stop) const {
    return !run(sql, stop).empty();
  }
  [[nodiscard]] std::uint64_t count(const std::string& sql, const std::stop_token& stop) const {
    return static_cast<std::uint64_t>(run(sql, stop).integer(0, 0));
  }
  /// Runs changes in their order as one statement, each of which may be a join(); returns how many rows each
  /// has changed.
  [[nodiscard]] std::vector<std::uint64_t> change_as_one(const std::vector<RowChange>& changes,
                                                         const std::stop_token& stop) const;
  /// Changes as a plan tells them, as one statement or one by one.
  [[nodiscard]] static std::vector<std::string> planned(const std::vector<RowChange>& changes, bool as_one);

  /// Lets the server use memory for what follows.
  void use_memory(const std::stop_token& stop) const;
  /// Keeps other writers out until the transaction ends, where this role may. @throws Error (55000) where the
  /// table has got triggers, rules or keys of others since it was looked at.
  void keep_writers_out(const std::stop_token& stop) const;
  /// Keeps a table that references this one as it is.
  void hold(const ReferencingKey& key, const std::stop_token& stop) const;
  /// @throws Error (P0001) where fewer rows were deleted than wanted.
  void check_deleted(std::uint64_t wanted, std::uint64_t deleted) const;

  LoadCounts counts_{};  // so far

 private:
  Connection& connection_;
  const TableFacts& facts_;
  const bool is_silent_;
  const MergeSql sql_;
  StagedJoins joins_;
};

}  // namespace leat::jobs_detail
