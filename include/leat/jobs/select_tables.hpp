#pragma once

#include <stop_token>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/options/table_selection.hpp"

namespace leat {

/// The tables that CopyTables would copy by these options, by name, each with its target and its columns: to
/// compare what was copied, by VerifyTable or TableDiff. Of the options those are used that choose tables and
/// columns, and of `stream` the limits, the name and the log. Reads only catalogs.
/// @throws Error as CopyTables does for options that fit nothing, and whose kind() says which side failed.
[[nodiscard]] LEAT_EXPORT std::vector<TableSelection> select_tables(const CopyTablesOptions& options,
                                                                    std::stop_token stop = {});

}  // namespace leat
