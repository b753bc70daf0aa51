#pragma once

#include <functional>
#include <string>
#include <vector>

#include "jobs/match/renumbering.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/job_report.hpp"
#include "leat/jobs/report/row_format.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat::jobs_detail {

/// What the source, or a row hook, gives for one column of the target.
struct SourceColumn {
  std::string target{};  ///< name in the target
  postgres_detail::SelectItem item{};
  TableColumn column{};  ///< what it is on the source's side
  std::string how{};     ///< what `item` does with it, for a plan
};

/// How the source's columns get into the target's.
struct ColumnMatch {
  std::vector<std::string> targets{};  ///< the target's columns, in the order of the rows' fields
  std::vector<postgres_detail::SelectItem> items{};  ///< what the source is asked for, with its casts
  bool has_casts = false;
  bool holds_object_references = false;  ///< their text depends on the source's search_path
  bool holds_xml = false;                ///< whose bytes say in which encoding they are sent
  std::vector<Column> row{};             ///< the fields of a row, as it is read
  std::vector<Column> written{};         ///< as a row hook writes it, where it declares that; else empty
  FormatChoice format{};
  std::vector<PlannedColumn> planned{};
  Renumbering renumbering{};
};

/// Whether there is an explicit cast from the first type into the second. An empty one knows nothing.
using KnowsCast = std::function<bool(const TypeInfo& from, const TypeInfo& to)>;

/// Who gives the columns.
enum class RowGiver {
  source,
  hook,  ///< for which nothing is converted
};

/// Matches columns by name and by type, and decides on the format of the whole table. What stands against it,
/// and what a user should know, is added to `findings`, all of it. `evolves`: the target is made to fit, but
/// for types that are there: to change them may lose what is in them, so it is left to the user. `knows_cast`
/// is asked of what a hint would propose.
[[nodiscard]] ColumnMatch match_columns(const std::vector<SourceColumn>& columns, const TableInfo& target,
                                        std::vector<Finding>& findings, bool evolves = false,
                                        const KnowsCast& knows_cast = {}, RowGiver giver = RowGiver::source);

}  // namespace leat::jobs_detail
