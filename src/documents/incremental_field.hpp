#pragma once

#include "leat/documents/field_table.hpp"

namespace leat::documents_detail {

/// `incremental` of a load: {column, lag, initial, watermark, bound}.
[[nodiscard]] DocumentField incremental_field();

}  // namespace leat::documents_detail
