#pragma once

#include <vector>

#include "leat/documents/load_document.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "runs/load_history.hpp"

namespace leat::runs_detail {

/// Looks whether the load's expectations are met, before its commit. Empty, if it has none. The hook throws
/// Error (expectation) that tells all that are not met. `load` outlives it.
[[nodiscard]] ReportHook expectation_hook(const LoadDocument& load, std::vector<EarlierLoad> earlier);

}  // namespace leat::runs_detail
