#pragma once

#include <string>

#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/job_record.hpp"

namespace leat::jobs_detail {

/// What all workers of an attempt must do alike, as a JSON object: which table goes where, and what stands
/// around its rows. Without connections, secrets, and SQL of the user's own, which the ledger keeps apart.
[[nodiscard]] std::string shared_options(const CopyTableOptions& options);

/// Options of a worker that joins the attempt: `own` (connections, numbers of workers, memory, and limits
/// that are set) with what is shared. `row_hook` of the command is left to the caller. @throws Error (config)
/// where the command has conditions or expressions that this role may not read; (target, 0A000) where a newer
/// leat has stored them.
[[nodiscard]] CopyTableOptions joined_options(CopyTableOptions own, const std::string& shared,
                                              const JobRecord& record);

}  // namespace leat::jobs_detail
