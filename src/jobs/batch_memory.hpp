#pragma once

#include <cstddef>

#include "leat/core/bytes.hpp"

namespace leat::jobs_detail {

// More than memory allows in batches of any useful size; the bound by bytes is what counts.
inline constexpr std::size_t most_batches = 4096;

// What a session takes besides batches: libpq's buffers, and its copy of one row.
inline constexpr ByteCount session_bytes{1U << 20U};

}  // namespace leat::jobs_detail
