#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How a source is read: one snapshot, nothing changed.
inline constexpr const char* source_transaction = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The statement that keeps tables as they are until the transaction ends.
[[nodiscard]] std::string lock_sql(std::span<const TableName> tables);

/// Begins the transaction in which tables are read, and holds them (ACCESS SHARE) as they are when its
/// snapshot is taken: to a snapshot that is older than a TRUNCATE or a rewrite that has ended, a table is
/// empty. What this role may not hold at all is left to whoever looks at it. @returns for each table the
/// error of a lock that others hold for longer than lock_timeout.
[[nodiscard]] std::vector<std::optional<Error>> begin_source(Connection& session,
                                                             std::span<const TableName> tables,
                                                             const std::stop_token& stop);

/// Has the session's transaction, which has just begun, read in the snapshot that another session has
/// exported.
/// @throws Error (08003) where that one was lost, as of a lost connection.
void take_snapshot(Connection& session, const std::string& snapshot, const std::stop_token& stop);

/// A SELECT that has rows where the snapshot of the session's transaction did not see those of a table that
/// it has just read, since it was truncated or rewritten after that snapshot.
[[nodiscard]] std::string unseen_sql(const TableInfo& table);
/// That it has.
[[nodiscard]] Error unseen_error(const TableInfo& table);

}  // namespace leat::jobs_detail
