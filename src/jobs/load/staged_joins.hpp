#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What the server's planner believes of reading a whole table.
struct ScanEstimate {
  double rows = 0;
  double cost = 0;  ///< in the planner's units: a page is about 1, as is a lookup in an index
};

/// Whether the planner might compare each staged row with each row of the table: it believes that the table
/// has fewer. That is wrong of a table that was empty when it was analyzed, and soon becomes wrong where the
/// statement itself fills the table. Not where reading the table costs more than a lookup for each staged
/// row, since the planner knows how large the table is. A pure function.
[[nodiscard]] bool may_compare_all(const ScanEstimate& table, std::uint64_t staged);

/// Runs the statements that join what was staged with its table. Where the planner might compare all rows
/// with all, they are planned without nested loops, so that their time grows with the rows and not with their
/// square. Nothing but planning is touched: triggers that they fire plan as ever. In the transaction of the
/// load. Used by one thread at a time.
class StagedJoins {
 public:
  /// `connection` must outlive it. `table` is what stands after FROM.
  StagedJoins(Connection& connection, std::string table)
      : connection_(connection), table_(std::move(table)) {}

  /// Looks what the planner believes, when so many rows are staged and nobody else writes to the table.
  void look(std::uint64_t staged, const std::stop_token& stop);
  /// Runs a statement without parameters. Returns its rows, or how many rows it has changed.
  Result run(const std::string& sql, const std::stop_token& stop) const;

 private:
  Connection& connection_;
  const std::string table_;
  bool may_compare_all_ = false;
};

}  // namespace leat::jobs_detail
