#pragma once

#include <cstddef>

#include "leat/core/bytes.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

// More than memory allows in batches of any useful size; the bound by bytes is what counts.
inline constexpr std::size_t most_batches = 4096;

// What a session takes besides batches: libpq's buffers, and its copy of one row.
inline constexpr ByteCount session_bytes{1U << 20U};

/// What the one writer of a stream keeps of rows that may be rejected, to send them again: an eighth of the
/// memory, where that leaves as much for batches that wait; zero where none may be, and where jobs share a
/// budget, in which it would not be counted.
[[nodiscard]] ByteCount collected_by_stream(const StreamOptions& options);

}  // namespace leat::jobs_detail
