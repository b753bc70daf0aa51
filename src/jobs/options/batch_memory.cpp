#include "jobs/options/batch_memory.hpp"

#include <algorithm>
#include <string>

#include "leat/core/error.hpp"

namespace leat::jobs_detail {
namespace {

using namespace literals;

// What a session takes besides batches: libpq's buffers, and its copy of one row.
constexpr ByteCount session_bytes = 1_MiB;
constexpr ByteCount smallest_fitted_batch = 64_KiB;

/// Each reader fills one and its hook makes another, each writer has one, some wait to be filled again, and
/// each hook beyond one a reader has two more.
std::uint64_t batches_in_hands(const BatchHolders& holders) {
  const std::size_t more_hooks = holders.hooks - std::min(holders.hooks, holders.readers);
  const std::size_t for_shape = holders.reshapes ? 2 * holders.hooks + holders.writers : 0;
  return 2 * holders.readers + holders.writers + holders.idle() + 2 * more_hooks + for_shape;
}

ByteCount bytes_of_sessions(const BatchHolders& holders) {
  return (holders.readers + holders.writers + (holders.each_alone ? 1 : 0)) * session_bytes;
}

/// One batch may wait in each channel.
ByteCount least_memory(const StreamOptions& options, const BatchHolders& holders) {
  return (batches_in_hands(holders) + holders.channels()) * options.batch_bytes + bytes_of_sessions(holders);
}

/// The largest batches that the memory does for; zero for none.
ByteCount largest_batch(const StreamOptions& options, const BatchHolders& holders) {
  const ByteCount sessions = bytes_of_sessions(holders);
  if (options.memory < sessions) return {};
  return ByteCount{(options.memory - sessions).count() / (batches_in_hands(holders) + holders.channels())};
}

}  // namespace

StreamOptions share_of(const StreamOptions& options, std::size_t jobs) {
  StreamOptions share = options;
  share.memory = ByteCount{options.memory.count() / jobs};
  const ByteCount largest = largest_batch(share, {});
  if (largest >= 4_KiB) share.batch_bytes = std::min(share.batch_bytes, largest);
  return share;
}

void fit_batches(StreamOptions& options, const BatchHolders& holders) {
  const ByteCount largest = largest_batch(options, holders);
  if (largest >= smallest_fitted_batch) options.batch_bytes = std::min(options.batch_bytes, largest);
}

void validate_memory(const StreamOptions& options, const BatchHolders& holders) {
  const ByteCount least = least_memory(options, holders);
  if (options.memory >= least) return;
  const auto of = [](std::size_t count, const char* what) {
    return count > 1 ? std::to_string(count) + " " + what + ", " : std::string();
  };
  throw Error(ErrorKind::config, "memory must be at least " + format_bytes(least) + " with " +
                                     of(holders.readers, "readers") + of(holders.writers, "writers") +
                                     of(holders.hooks, "transform_workers") + "batches of " +
                                     format_bytes(options.batch_bytes));
}

ByteCount collected_by_writer(const StreamOptions& options, const BatchHolders& holders) {
  const ByteCount least = least_memory(options, holders);
  if (options.max_rejects == 0 || options.budget || options.memory < least) return {};
  const std::uint64_t all = std::min(options.memory.count() / 8, (options.memory - least).count() / 2);
  return ByteCount{all / holders.writers};
}

ByteCount waiting_bytes(const StreamOptions& options, const BatchHolders& holders) {
  return options.memory + holders.channels() * options.batch_bytes - least_memory(options, holders) -
         holders.writers * collected_by_writer(options, holders);
}

}  // namespace leat::jobs_detail
