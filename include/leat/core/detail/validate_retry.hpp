#pragma once

#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/core/retry.hpp"

namespace leat::detail {

/// @throws Error (config) that names the wrong field, after `name`.
LEAT_EXPORT void validate(const RetryPolicy& policy, std::string_view name);

}  // namespace leat::detail
