#pragma once

#include <cstddef>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/row_batch.hpp"

namespace leat::jobs_detail {

/// An error that a row hook has ended with, for row `i` of its input: where() tells the row, counted from 1,
/// and the values of its key if that is known: "row 17 (id = 4711)". A where() of another kind stays.
[[nodiscard]] LEAT_EXPORT Error in_row(const Error& error, const RowBatch& input, std::size_t i);

}  // namespace leat::jobs_detail
