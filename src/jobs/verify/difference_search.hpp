#pragma once

#include <array>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/verify/key_order.hpp"
#include "jobs/verify/verify_sides.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat::jobs_detail {

/// A row of one side as far as it is fetched.
struct HashedRow {
  std::int64_t key = 0;
  std::int64_t hash = 0;
  std::uint64_t count = 1;   ///< rows like it
  std::size_t position = 0;  ///< in order of the keys
};

/// A row that differs, before its values are known.
struct FoundDifference {
  RowDifferenceKind kind = RowDifferenceKind::changed;
  std::array<HashedRow, 2> rows{};  ///< of the source, of the target; a count of zero for none

  [[nodiscard]] std::size_t position() const {
    return rows[0].count > 0 ? rows[0].position : rows[1].position;
  }
};

/// What the rows of both sides differ in: rows of one key and hash are the same, those of one key are paired.
[[nodiscard]] std::vector<FoundDifference> find_differences(std::vector<HashedRow> source,
                                                            std::vector<HashedRow> target);

/// At most so many, the first of each kind in turn, about in the order of
/// their keys: rows that only one side has stand where they would by its own count.
[[nodiscard]] std::vector<FoundDifference> choose(std::vector<FoundDifference> found, std::size_t most);

/// Finds out where two sides differ of which it is known that they do. What is held of their rows is bounded,
/// whatever their number.
class DifferenceSearch {
 public:
  /// Without a key rows are told apart by their hashes, which `order` is then of.
  DifferenceSearch(std::span<VerifySide, 2> sides, const KeyOrder& order, bool has_key,
                   std::vector<std::size_t> key_columns, VerifyReport& report);

  /// Fills the report's ranges, differences and `more`; shows at most so many.
  void run(std::size_t most, const std::stop_token& stop);

 private:
  struct ShownRow {
    std::vector<std::int64_t> hashes;
    std::vector<ShownValue> values;
  };

  [[nodiscard]] std::vector<std::vector<std::string>> bounds(const KeyRange& span,
                                                             const std::stop_token& stop);
  /// The parts of a span in which both sides differ; the span itself where it cannot be cut.
  [[nodiscard]] std::vector<KeyRange> narrow(const KeyRange& span, const std::stop_token& stop);
  [[nodiscard]] std::vector<FoundDifference> fetch(std::span<const KeyRange> spans,
                                                   const std::stop_token& stop);
  void show(const std::vector<FoundDifference>& found, std::span<const KeyRange> spans,
            const std::stop_token& stop);
  void add_ranges(std::span<const KeyRange> spans);

  std::span<VerifySide, 2> sides_;
  std::array<VerifySide, 2> scanned_;  // the same where only hashes and keys are asked for
  const KeyOrder& order_;
  const bool has_key_;
  const std::vector<std::size_t> key_columns_;  // among all
  VerifyReport& report_;
};

}  // namespace leat::jobs_detail
