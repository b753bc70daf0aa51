#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "runs/load_jobs.hpp"

namespace leat::runs_detail {

/// Checks what a load reads against its registered schema, before its first row, and notes the version.
/// Returns what is to be told of it; nothing, if the load names no schema. @throws as check_load_schema().
[[nodiscard]] std::vector<std::string> check_schema(const RunContext& run, const LoadDocument& load,
                                                    const std::stop_token& stop);

}  // namespace leat::runs_detail
