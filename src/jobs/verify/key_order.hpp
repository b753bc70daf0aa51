#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/verify/verify_sides.hpp"
#include "leat/jobs/report/verify_report.hpp"

namespace leat::jobs_detail {

/// One column that rows are ordered by.
struct KeyPart {
  std::string type{};  ///< SQL of its type
  /// Text by its bytes, which has the same order on both sides whatever their collations.
  bool is_text = false;
  bool is_utf8 = false;  ///< bytes that are text in UTF-8, where the encodings differ
};

/// A key as text, one for each column.
using KeyBound = std::optional<std::vector<std::string>>;

/// The rows of the side that has more of them in a range.
[[nodiscard]] inline std::uint64_t most_rows(const KeyRange& range) {
  return std::max(range.source_rows, range.target_rows);
}

/// Ranges of keys as SQL.
class KeyOrder {
 public:
  explicit KeyOrder(std::vector<KeyPart> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const std::vector<KeyPart>& parts() const { return parts_; }

  /// The condition that a row's key lies in one of these; "true" for all rows.
  [[nodiscard]] std::string condition(const VerifySide& side, std::span<const KeyRange> spans) const;

  /// The number of a row's slice: 0 before the first of these bounds, which rise.
  [[nodiscard]] std::string slice(const VerifySide& side,
                                  const std::vector<std::vector<std::string>>& bounds) const;

  /// A query of about so many keys that cut the rows of a span, of which there are `rows`, into even parts.
  [[nodiscard]] std::string bounds_query(const VerifySide& side, const KeyRange& span, std::uint64_t rows,
                                         std::size_t wanted) const;

 private:
  [[nodiscard]] std::string row(const std::vector<std::string>& bound) const;

  std::vector<KeyPart> parts_;
};

}  // namespace leat::jobs_detail
