#pragma once

#include <memory>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/postgres/session/detail/session_keeper.hpp"

namespace leat::jobs_detail {

/// The sessions that read a table's slices.
using SnapshotSessions = postgres_detail::SessionKeeper<std::shared_ptr<Connection>>;

/// Makes such that see what the job's first session sees (`stream.slices->snapshot`), and keep the table
/// where it is. If no more can be had (the server is full, or somebody waits for a lock on the table),
/// readers share those that there are. A session whose transaction has ended is not lent again.
/// All that is given outlives them.
[[nodiscard]] SnapshotSessions snapshot_sessions(const PreparedLoad& stream, const CopyTableOptions& options);

}  // namespace leat::jobs_detail
