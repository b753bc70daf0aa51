#pragma once

#include <span>

#include "leat/registry/compare_schemas.hpp"
#include "registry/schema_json.hpp"

namespace leat::registry_detail {

/// A list of {column, change, rule, version, old, new, severity, hint}.
[[nodiscard]] Json changes_document(std::span<const SchemaChange> changes);

}  // namespace leat::registry_detail
