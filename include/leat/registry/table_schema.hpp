#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/registry/registered_schema.hpp"

namespace leat {

/// The schema of a table, partitioned table, foreign table, view or materialized view, as the catalog has it
/// now. Columns of views may be NULL, whatever they come from. Outside of a transaction it runs in one of its
/// own, which it ends.
/// @param columns only these, in this order; empty: all.
/// @throws Error of the session's side, 42P01 if there is no such table; Error (config) for a column that it
/// lacks.
[[nodiscard]] LEAT_EXPORT RegisteredSchema read_table_schema(Connection& connection, const TableName& table,
                                                             std::span<const std::string> columns = {},
                                                             const std::stop_token& stop = {});

}  // namespace leat
