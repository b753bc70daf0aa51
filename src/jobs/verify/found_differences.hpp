#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "leat/jobs/report/verify_report.hpp"

namespace leat::jobs_detail {

/// A row of one side as far as it is fetched.
struct HashedRow {
  std::size_t side = 0;  ///< the source's, or the target's (1)
  std::int64_t key = 0;
  std::int64_t hash = 0;
  std::uint64_t count = 0;   ///< rows like it
  std::size_t position = 0;  ///< in order of the keys
};

/// A row that differs, before its values are known.
struct FoundDifference {
  RowDifferenceKind kind = RowDifferenceKind::changed;
  std::array<HashedRow, 2> rows{};  ///< of the source, of the target; a count of zero for none
  std::size_t turn = 0;             ///< among those of its kind

  [[nodiscard]] std::size_t position() const {
    return rows[0].count > 0 ? rows[0].position : rows[1].position;
  }
};

/// What the rows of both sides differ in: rows of one key and hash are the same, those of one key are paired.
[[nodiscard]] std::vector<FoundDifference> find_differences(std::vector<HashedRow> rows);

/// At most so many, the first of each kind in turn, about in the order of their keys: rows that only one side
/// has stand where they would by its own count.
[[nodiscard]] std::vector<FoundDifference> choose(std::vector<FoundDifference> found, std::size_t most);

}  // namespace leat::jobs_detail
