#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/snapshot.hpp"

namespace leat::jobs_detail {

using postgres_detail::source_transaction;
using postgres_detail::take_snapshot;

/// The statement that keeps tables as they are until the transaction ends.
[[nodiscard]] std::string lock_sql(std::span<const TableName> tables);

/// Begins the transaction in which tables are read, and holds them (ACCESS SHARE) as they are when its
/// snapshot is taken: to a snapshot that is older than a TRUNCATE or a rewrite that has ended, a table is
/// empty. What this role may not hold at all is left to whoever looks at it. @returns for each table the
/// error of a lock that others hold for longer than lock_timeout.
[[nodiscard]] std::vector<std::optional<Error>> begin_source(Connection& session,
                                                             std::span<const TableName> tables,
                                                             const std::stop_token& stop);

/// A SELECT that has rows where the snapshot of the session's transaction did not see those of a table that
/// it has just read, since it was truncated or rewritten after that snapshot.
[[nodiscard]] std::string unseen_sql(const TableInfo& table);
/// That it has.
[[nodiscard]] Error unseen_error(const TableInfo& table);

}  // namespace leat::jobs_detail
