#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "cli/clone_survey.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::cli {

/// Copies what COPY does not: rows of tables that have no column with a value of its own, and rows of
/// extensions' configuration. In one transaction of the target, which also marks all of them as done.
void copy_rows_without_copy(Connection& source, Connection& target, std::span<const TableName> rowless,
                            std::span<const ConfigTable> config, const std::stop_token& stop);

/// Sets every sequence as it is in the source now.
void copy_sequences(Connection& source, Connection& target, std::span<const TableName> sequences,
                    const std::stop_token& stop);

/// Removes all large objects of a database.
void remove_large_objects(Connection& target, const std::stop_token& stop);

/// ANALYZE of what was not analyzed after its load: partitioned tables, materialized views, tables with
/// indexes over expressions or with statistics of their own. Returns sentences about those that were not.
[[nodiscard]] std::vector<std::string> analyze_the_rest(Connection& target, const std::stop_token& stop);

}  // namespace leat::cli
