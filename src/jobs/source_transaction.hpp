#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/postgres/connection.hpp"
#include "leat/postgres/identifier.hpp"

namespace leat::jobs_detail {

/// How a source is read: one snapshot, nothing changed.
inline constexpr const char* source_transaction = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The statement that keeps tables as they are until the transaction ends.
[[nodiscard]] std::string lock_sql(std::span<const TableName> tables);

/// Begins the transaction in which tables are read, and locks them (ACCESS SHARE) before its snapshot is
/// taken: to a snapshot that is older than a TRUNCATE or a rewrite that has ended, the table is empty. A
/// table that this role may not lock as a whole is read without. @returns for each table the error of a lock
/// that others hold for longer than lock_timeout.
[[nodiscard]] std::vector<std::optional<Error>> begin_source(Connection& session,
                                                             std::span<const TableName> tables,
                                                             const std::stop_token& stop);

}  // namespace leat::jobs_detail
