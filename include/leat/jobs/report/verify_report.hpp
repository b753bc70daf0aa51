#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"

namespace leat {

/// A value as text; nullopt is NULL.
using ShownValue = std::optional<std::string>;

/// How a row of one side differs from the other side.
enum class RowDifferenceKind {
  missing,  ///< the target lacks it
  extra,    ///< only the target has it
  changed,  ///< both sides have a row with that key, and the values differ
};

/// "missing", "extra" or "changed".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(RowDifferenceKind kind);

/// A column in which two rows differ. If there is no key, or if one side lacks the row, it is any column of
/// the row.
struct ColumnDifference {
  std::string column{};
  ShownValue source{};  ///< cut to 60 characters
  ShownValue target{};
};

/// One row that differs.
struct RowDifference {
  RowDifferenceKind kind = RowDifferenceKind::changed;
  std::vector<ShownValue> key{};            ///< values of VerifyReport::key; empty if there is no key
  std::vector<ColumnDifference> columns{};  ///< of a changed row, and of a row without a key
  std::uint64_t source_rows = 0;            ///< how many rows like this the source has
  std::uint64_t target_rows = 0;
};

/// The difference in one line: "changed: 17: v 'a' -> 'b'".
[[nodiscard]] LEAT_EXPORT std::string to_text(const RowDifference& difference);

/// A range of keys in which both sides differ. Keys are ordered; text is ordered by its bytes.
struct KeyRange {
  std::optional<std::vector<std::string>> from{};    ///< the first key; nullopt: from the beginning
  std::optional<std::vector<std::string>> before{};  ///< the first key after the range; nullopt: to the end
  std::uint64_t source_rows = 0;                     ///< in the range
  std::uint64_t target_rows = 0;
};

/// The range in one line, with the number of rows on both sides.
[[nodiscard]] LEAT_EXPORT std::string to_text(const KeyRange& range);

/// A column that is compared as text, instead of by its type's hash or bytes.
struct ComparedByText {
  std::string column{};
  std::string reason{};
};

/// The result of a comparison.
struct VerifyReport {
  std::string source{};  ///< what was compared, without secrets
  std::string target{};
  bool equal = false;
  std::uint64_t source_rows = 0;
  std::uint64_t target_rows = 0;
  std::vector<std::string> columns{};  ///< the columns that were compared, by their names in the target
  std::vector<std::string> key{};      ///< columns that identify a row; empty if there are none
  std::vector<ComparedByText> by_text{};
  std::vector<KeyRange> ranges{};  ///< where both sides differ; empty without a key
  std::vector<RowDifference> differences{};
  bool more = false;  ///< there are more differences than those in `differences`
  std::vector<std::string> remarks{};
  std::chrono::nanoseconds elapsed{};
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const VerifyReport& report);
/// The report for people. Each line ends with a line break.
[[nodiscard]] LEAT_EXPORT std::string to_text(const VerifyReport& report);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const VerifyReport& report);

}  // namespace leat
