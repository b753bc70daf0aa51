#pragma once

#include <cstddef>

#include "leat/core/bytes.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

// More than memory allows in batches of any useful size; the bound by bytes is what counts.
inline constexpr std::size_t most_batches = 4096;

/// Who has batches in hands at the same time.
struct BatchHolders {
  std::size_t readers = 1;
  std::size_t writers = 1;
  std::size_t hooks = 0;    ///< threads that run the row hook
  bool each_alone = false;  ///< each unit is a channel of its own, and the ledger has a session
  /// Hooks change the shape of rows: each has the batch that it reads and one more on its way, and each
  /// writer one of rows for tables beside.
  bool reshapes = false;

  /// Batches that wait to be filled again.
  [[nodiscard]] std::size_t idle() const { return readers + 1; }
  /// Channels that may have rows: of units that are being read, that wait for a writer, and that a writer
  /// has.
  [[nodiscard]] std::size_t channels() const { return each_alone ? 2 * readers + writers : 1; }
};

/// The options of one of several jobs that share the memory, with smaller batches where it needs them.
[[nodiscard]] StreamOptions share_of(const StreamOptions& options, std::size_t jobs);

/// Makes batches smaller where the memory does not do for so many holders otherwise.
void fit_batches(StreamOptions& options, const BatchHolders& holders);

/// @throws Error (config) where the memory does not do for them.
void validate_memory(const StreamOptions& options, const BatchHolders& holders);

/// What each writer keeps of rows that may be rejected, to send them again: all of them an eighth of the
/// memory, where that leaves as much for batches that wait; zero where none may be, and where jobs share a
/// budget, in which it would not be counted.
[[nodiscard]] ByteCount collected_by_writer(const StreamOptions& options, const BatchHolders& holders);

/// What may wait between readers and writers.
[[nodiscard]] ByteCount waiting_bytes(const StreamOptions& options, const BatchHolders& holders);

}  // namespace leat::jobs_detail
