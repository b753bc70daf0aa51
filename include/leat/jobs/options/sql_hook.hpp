#pragma once

#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat {

/// A hook that runs these statements, one after the other, in the load's transaction, which they may not end.
/// `name` stands before what is told of a failure: "before_sql". No statements: an empty hook.
/// @throws Error (config) if one of them holds no SQL.
[[nodiscard]] LEAT_EXPORT TargetHook sql_hook(const std::string& name,
                                              const std::vector<std::string>& statements);

}  // namespace leat
