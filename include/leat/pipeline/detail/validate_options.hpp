#pragma once

#include <string_view>

#include "leat/pipeline/pipeline_options.hpp"

namespace leat::detail {

/// @throws Error (config) that names the wrong field.
void validate(const PipelineOptions& options);
/// The same for a stage; `name` is the stage's name in errors.
void validate(const StageOptions& options, std::string_view name);
void validate(const BatchOptions& options, std::string_view name);

}  // namespace leat::detail
