#pragma once

#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/delivery.hpp"
#include "leat/jobs/options/incremental.hpp"

namespace leat::jobs_detail {

/// What an incremental load reads.
enum class IncrementalSource {
  table,
  query,
  store,  ///< an object of a store of another kind
};

/// @throws Error (config) that names the wrong field, or what does not go together.
void validate_incremental(const std::optional<IncrementalOptions>& options, WriteMode mode,
                          const Delivery& delivery, IncrementalSource source);

}  // namespace leat::jobs_detail
