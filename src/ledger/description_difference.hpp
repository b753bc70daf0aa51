#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::postgres_detail {

/// Which members of two JSON objects differ, a line each: `mode: "replace" -> "append"`, by their path. Long
/// values are cut. Empty where nothing differs; one line where one of them is no JSON object. A pure
/// function.
[[nodiscard]] std::vector<std::string> description_difference(std::string_view was, std::string_view is);

}  // namespace leat::postgres_detail
