#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/registry/transform_versions.hpp"

// What registries of any kind have in common.
namespace leat::registry_detail {

/// @throws Error (config) for a name that is none, or a text that is too long.
void require_sound_transform(const NewTransform& transform);

/// There is no such transform, or no such version.
/// @param names those that there are. @param versions those of that name.
[[nodiscard]] Error unknown_transform(const TransformReference& wanted, const std::string& store,
                                      const std::vector<std::string>& names,
                                      const std::vector<std::int32_t>& versions);

/// Columns as JSON: [{"name", "type"}], and back.
[[nodiscard]] std::string columns_json(const std::vector<QueryColumn>& columns);
[[nodiscard]] std::vector<QueryColumn> columns_of(const std::string& json);

/// The tests of a normal document, as JSON.
[[nodiscard]] std::string tests_json(const std::string& document);

}  // namespace leat::registry_detail
