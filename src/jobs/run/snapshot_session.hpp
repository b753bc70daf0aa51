#pragma once

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/run/source_sessions.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// The sessions that read slices: `first`, where there is one, and others that see what the job's first one
/// sees (`stream.slices->snapshot`) and keep the table where it is. All that is given outlives them.
[[nodiscard]] SourceSessions snapshot_sessions(Connection* first, const PreparedLoad& stream,
                                               const CopyTableOptions& options);

}  // namespace leat::jobs_detail
