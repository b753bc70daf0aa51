#pragma once

#include <memory>

#include "leat/core/detail/export.hpp"
#include "leat/documents/field_table.hpp"

namespace leat {

/// What a document may say of how rows are written and what that may take: fields of StreamOptions, and of
/// its JobLimits. read_into() fills a StreamOptions by it.
[[nodiscard]] LEAT_EXPORT const std::shared_ptr<const FieldTable>& stream_fields();

}  // namespace leat
