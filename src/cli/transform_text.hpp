#pragma once

#include <string>
#include <vector>

#include "leat/registry/transform_versions.hpp"

// Registered transforms, for people.
namespace leat::cli {

/// "id bigint, name text".
[[nodiscard]] std::string columns_text(const std::vector<QueryColumn>& columns);
/// All of them, a line each.
[[nodiscard]] std::string transform_list(const std::vector<TransformSummary>& transforms);
/// All that is known of one, and its document.
[[nodiscard]] std::string transform_text(const RegisteredTransform& transform);
/// How its columns differ from those of the version before: lines, or nothing.
[[nodiscard]] std::string changes_text(const RegisteredTransform& before, const RegisteredTransform& now);

}  // namespace leat::cli
