#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace leat {

/// What a job had done when it failed, in all of its attempts: what was read and written again counts again.
struct WorkDone {
  std::uint64_t rows_read = 0;
  std::uint64_t rows_written = 0;    ///< sent to the target, also those that were rolled back
  std::uint64_t rows_committed = 0;  ///< of this run, in the target's table now. Not those in doubt
  std::uint64_t bytes_read = 0;      ///< of row data, without framing
  std::uint64_t bytes_written = 0;
  std::size_t slices_total = 0;    ///< if the table was cut into slices
  std::size_t slices_done = 0;     ///< by this run
  std::size_t slices_retried = 0;  ///< attempts that failed and were repeated
  std::chrono::nanoseconds elapsed{};
};

}  // namespace leat
