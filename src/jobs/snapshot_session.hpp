#pragma once

#include <memory>
#include <stop_token>

#include "jobs/stream_job.hpp"
#include "leat/jobs/copy_table.hpp"

namespace leat::jobs_detail {

/// Another session with the source, that sees what the job's first one sees (`stream.slices->snapshot`), and
/// keeps the table where it is.
[[nodiscard]] std::shared_ptr<Connection> open_in_snapshot(const PreparedStream& stream,
                                                           const CopyTableOptions& options,
                                                           const std::stop_token& stop);

}  // namespace leat::jobs_detail
