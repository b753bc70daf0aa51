#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/report/verify_report.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// One column that rows are ordered by. Text is by its bytes, which has the same order on both sides whatever
/// their collations.
struct KeyPart {
  std::string sql{};
  std::string bound_sql{};  ///< the beginning of a text, which is a bound as good as the whole
  std::string type{};       ///< SQL of its type, with the collation of text
  bool is_utf8 = false;     ///< bytes that are text in UTF-8, where the encodings differ
};

/// A key as text, one for each column.
using KeyBound = std::vector<std::string>;

/// The rows of the side that has more of them in a range.
[[nodiscard]] inline std::uint64_t most_rows(const KeyRange& range) {
  return std::max(range.source_rows, range.target_rows);
}

/// One side of a comparison. Used by one thread at a time.
struct VerifySide {
  std::shared_ptr<Connection> session{};  ///< in the transaction that has the snapshot
  std::string from{};                     ///< what follows FROM, without a condition
  std::string where{};                    ///< the user's own condition; empty for none
  std::string row_hash{};                 ///< SQL of an int8
  std::string key_hash{};                 ///< the same over the key's columns; row_hash where there is no key
  std::vector<KeyPart> key{};             ///< what rows are ordered by
  bool key_has_nulls = false;             ///< may have
  std::vector<std::string> values{};      ///< SQL of each column's text, cut
  std::vector<std::string> hashes{};      ///< SQL of each column's hash

  /// " FROM … WHERE …" with one more condition; empty for none.
  [[nodiscard]] std::string rows(const std::string& condition) const;
  /// The key's columns, with commas.
  [[nodiscard]] std::string key_list() const;

  /// The condition that a row's key lies in one of these; "true" for all rows.
  [[nodiscard]] std::string condition(std::span<const KeyRange> spans) const;

  /// The number of a row's slice: 0 before the first of these bounds, which rise.
  [[nodiscard]] std::string slice(const std::vector<KeyBound>& bounds) const;

  /// A query of about so many keys that cut the rows of a span into even parts.
  [[nodiscard]] std::string bounds_query(const KeyRange& span, std::size_t wanted) const;
};

/// Runs `work` for the source's side (0) and the target's (1) at the same time, each on a thread of its own,
/// and waits. When one fails the other is stopped. @throws the first failure; Error (cancelled) after a stop
/// request.
void on_both(
    std::span<VerifySide, 2> sides, const std::stop_token& stop,
    const std::function<void(std::size_t number, VerifySide& side, const std::stop_token& stop)>& work);

}  // namespace leat::jobs_detail
