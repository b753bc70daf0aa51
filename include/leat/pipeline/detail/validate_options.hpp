#pragma once

#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/pipeline/pipeline_options.hpp"

namespace leat::detail {

/// @throws Error (config) that names the wrong field.
LEAT_EXPORT void validate(const PipelineOptions& options);
/// The same for a stage; `name` is the stage's name in errors.
LEAT_EXPORT void validate(const StageOptions& options, std::string_view name);
LEAT_EXPORT void validate(const BatchOptions& options, std::string_view name);

}  // namespace leat::detail
