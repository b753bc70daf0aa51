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

/// The same of a table as it is now, which is what stands after FROM.
[[nodiscard]] bool may_compare_all(Connection& connection, const std::string& table, std::uint64_t staged,
                                   const std::stop_token& stop);

/// Runs a statement without parameters that joins what was staged with its table, planned without nested
/// loops, so that its time grows with the rows and not with their square. Nothing but planning is touched:
/// triggers that it fires plan as ever. Returns its rows, or how many rows it has changed.
Result run_without_nested_loops(Connection& connection, const std::string& sql, const std::stop_token& stop);

}  // namespace leat::jobs_detail
