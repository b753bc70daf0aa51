#pragma once

#include <array>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/verify/compared_column.hpp"
#include "jobs/verify/verify_sides.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat::jobs_detail {

/// Both sides of a comparison: the source, and the target.
struct ComparedSides {
  std::array<VerifySide, 2> sides{};
  std::vector<ComparedColumn> columns{};
  bool same_encoding = true;               ///< of the databases
  std::vector<std::size_t> key_columns{};  ///< among `columns`; empty where no key tells rows apart
};

/// Chooses a key and fills in the SQL of both sides, whose sessions, tables and columns are known. Rows are
/// told apart by the key that a user names, or by the best of the target's own, or by none.
/// @throws Error (config) for a column that is not compared, or that is named twice.
void prepare_sides(ComparedSides& compared, const TableInfo& target, const std::vector<std::string>& wanted,
                   VerifyReport& report, const std::stop_token& stop);

/// Counts and hashes both sides' rows at the same time. Whether they have the same content.
[[nodiscard]] bool count_both(ComparedSides& compared, VerifyReport& report, const std::stop_token& stop);

/// Finds out where sides differ of which it is known that they do: fills the report's ranges, differences and
/// `more`, with at most so many rows. What is held of their rows is bounded, whatever their number.
void locate_differences(ComparedSides& compared, VerifyReport& report, std::size_t most,
                        const std::stop_token& stop);

}  // namespace leat::jobs_detail
