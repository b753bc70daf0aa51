#pragma once

#include <array>
#include <cstddef>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/verify/compared_column.hpp"
#include "jobs/verify/content_hash.hpp"
#include "jobs/verify/key_order.hpp"
#include "jobs/verify/verify_sides.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat::jobs_detail {

/// Both sides of a comparison: the source, and the target.
struct ComparedSides {
  std::array<VerifySide, 2> sides{};
  std::vector<ComparedColumn> columns{};
  std::vector<std::size_t> key_columns{};  ///< among those; empty where no key tells rows apart
  std::vector<KeyPart> parts{};            ///< of the key, or of the row's hash
};

/// Tells rows apart by the key that a user names, or by the best of the target's own, or by none.
/// @throws Error (config) for a column that is not compared, or that is named twice.
void choose_key(ComparedSides& compared, const TableInfo& target, const std::vector<std::string>& wanted,
                VerifyReport& report, const std::stop_token& stop);
/// Fills in the SQL of both sides, whose sessions, tables, columns and key are known.
void build_sides(ComparedSides& compared, HashMethod method, bool same_encoding);

/// Counts and hashes both sides' rows at the same time. Whether they have the same content.
[[nodiscard]] bool count_both(ComparedSides& compared, VerifyReport& report, const std::stop_token& stop);

/// Finds out where sides differ of which it is known that they do; shows at most so many rows.
void locate_differences(ComparedSides& compared, VerifyReport& report, std::size_t most,
                        const std::stop_token& stop);

}  // namespace leat::jobs_detail
