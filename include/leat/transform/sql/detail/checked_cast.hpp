#pragma once

#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::transform_detail {

/// SQL of a value as another type; one that does not survive it is an error that shows it.
/// @param value SQL of it, of that type: "q.amount", "numeric(12,2)".
[[nodiscard]] LEAT_EXPORT std::string checked_cast_sql(const std::string& value,
                                                       const std::string& value_type, const std::string& type,
                                                       const TransformServer& server);

}  // namespace leat::transform_detail
