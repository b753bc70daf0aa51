#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/log.hpp"
#include "leat/jobs/finding.hpp"
#include "leat/jobs/stream_options.hpp"
#include "leat/postgres/connection_factory.hpp"

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

/// Which two tables TableDiff compares.
struct TableDiffOptions {
  ResolvedConnection source{};
  ResolvedConnection target{};
  /// A table or view, as in SQL.
  std::string from{};
  /// Empty: named as `from`.
  std::string to{};
  /// Only these columns of the source. Empty: all.
  std::vector<std::string> columns{};
  /// All columns but these. Not together with `columns`.
  std::vector<std::string> exclude{};
  /// Source column -> the target's column that it is compared with.
  std::map<std::string, std::string> rename{};
  JobLimits limits{};
  /// What pg_stat_activity shows of the two sessions.
  std::string application_name = "leat";
  Logger log{};
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

/// Compares what two databases say of a table: columns with all their properties, keys, constraints, indexes,
/// comments, and the definitions of the types they use. Not their rows, nor foreign keys, triggers, policies
/// and privileges. Constraints and indexes of one definition are one, whatever their names. Reads catalogs
/// alone, and changes nothing. An object may run again, and different objects at the same time.
class TableDiff {
 public:
  /// @throws Error (config) that names the option that is wrong.
  explicit TableDiff(TableDiffOptions options);

  /// @throws Error whose kind() tells the side: 42P01 for a table that there is not.
  [[nodiscard]] TableDiffReport run(std::stop_token stop = {}) const;

 private:
  TableDiffOptions options_;
};

}  // namespace leat
