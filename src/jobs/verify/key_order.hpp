#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "jobs/verify/verify_sides.hpp"

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

/// Keys from one on and before another; without one of them to that end. NULLs stand at the end.
struct KeySpan {
  KeyBound from{};
  KeyBound before{};
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;

  [[nodiscard]] std::uint64_t rows() const { return source_rows > target_rows ? source_rows : target_rows; }
};

/// Ranges of keys as SQL.
class KeyOrder {
 public:
  explicit KeyOrder(std::vector<KeyPart> parts) : parts_(std::move(parts)) {}

  [[nodiscard]] const std::vector<KeyPart>& parts() const { return parts_; }

  /// The condition that a row's key lies in one of these; "true" for all rows.
  [[nodiscard]] std::string condition(const VerifySide& side, std::span<const KeySpan> spans) const;

  /// The number of a row's slice: 0 before the first of these bounds, which rise.
  [[nodiscard]] std::string slice(const VerifySide& side,
                                  const std::vector<std::vector<std::string>>& bounds) const;

  /// A query of about so many keys that cut the rows of a span, of which there are `rows`, into even parts.
  [[nodiscard]] std::string bounds_query(const VerifySide& side, const KeySpan& span, std::uint64_t rows,
                                         std::size_t wanted) const;

 private:
  [[nodiscard]] std::string row(const std::vector<std::string>& bound) const;

  std::vector<KeyPart> parts_;
};

}  // namespace leat::jobs_detail
