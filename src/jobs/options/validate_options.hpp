#pragma once

#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

/// @throws Error (config) that names the wrong field.
void validate(const StreamOptions& options);

}  // namespace leat::jobs_detail
