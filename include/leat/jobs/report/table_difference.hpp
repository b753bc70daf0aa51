#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/finding.hpp"

namespace leat {

/// Which property of two tables differs.
enum class DifferenceKind {
  added,    ///< a column that only the source has
  removed,  ///< a column that only the target has
  type,
  nullability,
  default_value,
  collation,
  identity,
  generated,
  storage,   ///< how a column is stored, and its statistics target
  sequence,  ///< how an identity or a serial counts
  primary_key,
  constraint,
  index,
  comment,
  type_definition,  ///< of a type that is not built in
  table,            ///< whether it is partitioned, unlogged, …
};

/// "added", "removed", "type", "nullability", "default", …
[[nodiscard]] LEAT_EXPORT std::string_view to_string(DifferenceKind kind);

/// One difference. If a side lacks the object, its text is empty.
struct Difference {
  DifferenceKind kind = DifferenceKind::table;
  std::string object{};  ///< a column's name in the target, "check positive", "type s.mood", …
  std::string source{};
  std::string target{};
  /// error: a load would lose data or could not start. warning: the target may refuse rows. note: otherwise.
  Severity severity = Severity::note;
  std::string reason{};  ///< why it is more than a note
};

/// The result of TableDiff. A value.
struct LEAT_EXPORT TableDiffReport {
  std::string source{};  ///< without secrets
  std::string target{};
  std::vector<Difference> differences{};

  [[nodiscard]] bool equal() const noexcept { return differences.empty(); }
  /// True if a load would lose data or could not start.
  [[nodiscard]] bool loses_data() const noexcept;
};

/// The report as one JSON object.
[[nodiscard]] LEAT_EXPORT std::string to_json(const TableDiffReport& report);
/// The report for people: one line for each difference, with a line break at its end.
[[nodiscard]] LEAT_EXPORT std::string to_text(const TableDiffReport& report);
/// to_text() without the last line break.
LEAT_EXPORT std::ostream& operator<<(std::ostream& out, const TableDiffReport& report);

}  // namespace leat
