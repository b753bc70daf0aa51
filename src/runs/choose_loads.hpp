#pragma once

#include <string>
#include <vector>

#include "leat/documents/pipeline_document.hpp"

namespace leat::runs_detail {

/// The loads that `only` names, in their order: "orders", "+downstream", "+upstream"; all, if it is empty.
/// @throws Error (config) for a name that no load has.
[[nodiscard]] std::vector<const LoadDocument*> chosen_loads(const PipelineDocument& document,
                                                            const std::vector<std::string>& only);

}  // namespace leat::runs_detail
