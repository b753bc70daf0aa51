#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "leat/data/store/finding.hpp"

namespace leat {

/// What differs between two tables.
enum class DifferenceKind {
  added,    ///< a column that only the source has
  removed,  ///< a column that only the target has
  type,
  nullability,
  default_value,
  collation,
  identity,
  generated,
  sequence,  ///< how an identity or a serial counts
  primary_key,
  constraint,
  index,
  comment,
  type_definition,  ///< of a type that is not built in
  table,            ///< whether it is partitioned, unlogged, …
};

/// "added", "removed", "type", "nullability", "default", …
[[nodiscard]] std::string_view to_string(DifferenceKind kind);

/// One difference. What a side has not is empty.
struct Difference {
  DifferenceKind kind = DifferenceKind::table;
  std::string object{};  ///< what differs: a column's name in the target, "check positive", "type s.mood"
  std::string source{};
  std::string target{};
  /// Error where a load would lose data or could not begin, warning where the target may refuse rows, else
  /// note.
  Severity severity = Severity::note;
  std::string reason{};  ///< why it is no mere note
};

/// What was found. A value.
struct TableDiffReport {
  std::string source{};  ///< without secrets
  std::string target{};
  std::vector<Difference> differences{};

  [[nodiscard]] bool equal() const noexcept { return differences.empty(); }
  /// Whether a load would lose data or could not begin.
  [[nodiscard]] bool loses_data() const noexcept;
};

/// The report as one JSON object.
[[nodiscard]] std::string to_json(const TableDiffReport& report);
/// The same for people: a line for each difference, ending with a line break.
[[nodiscard]] std::string to_text(const TableDiffReport& report);

}  // namespace leat
