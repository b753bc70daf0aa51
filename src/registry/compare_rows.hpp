#pragma once

#include <optional>
#include <string>
#include <vector>

#include "leat/registry/transform_tests.hpp"
#include "registry/transform_sql.hpp"

namespace leat::registry_detail {

/// 1.50 becomes 1.5, and 7.00 becomes 7.
void strip_zeros(std::optional<std::string>& number);

/// Tells in what two sets of rows differ, in whatever order they are: `passed`, `different`, `missing` and
/// `unexpected` of the result. Of rows that are not equal, those are told together that have most values in
/// common.
void compare_rows(std::vector<TextRow> expected, std::vector<TextRow> got, TransformTestResult& result);

}  // namespace leat::registry_detail
