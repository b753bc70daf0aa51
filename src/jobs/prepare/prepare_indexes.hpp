#pragma once

#include <optional>
#include <stop_token>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/core/bytes.hpp"

namespace leat::jobs_detail {

/// Decides what becomes of the indexes of a target that can be loaded, and adds that to the plan. `incoming`
/// is how much comes, as far as it is known.
void prepare_indexes(PreparedLoad& stream, const ResolvedConnection& target, const StreamOptions& options,
                     std::optional<ByteCount> incoming, const std::stop_token& stop);

}  // namespace leat::jobs_detail
