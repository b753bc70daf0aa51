#pragma once

#include <stop_token>

#include "jobs/match/shape_match.hpp"
#include "jobs/prepare/prepared_load.hpp"

namespace leat::jobs_detail {

/// Looks at the tables beside that a row hook writes into, in the transaction of the load, and matches what
/// it declares for them with their columns. They are appended to, whatever the mode. `collects`: slices of
/// the target are committed before they get into it, which is refused, since rows beside would be seen
/// before. Null where there are no such tables, or something stands against it, which is then among the
/// plan's findings; the plan's remarks tell of each.
[[nodiscard]] std::shared_ptr<BesideTables> prepare_beside(PreparedLoad& stream, const ShapedRows& rows,
                                                           const TableInfo& target, bool collects,
                                                           const StreamOptions& options,
                                                           const std::stop_token& stop);

/// What a hook's factory is given, when the load's tables are matched.
[[nodiscard]] std::shared_ptr<const ShapedSchemas> schemas_of(const PreparedLoad& stream,
                                                              const ShapedRows& rows,
                                                              const std::vector<Column>& written);

}  // namespace leat::jobs_detail
