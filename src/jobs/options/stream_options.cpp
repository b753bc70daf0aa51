#include "leat/jobs/options/stream_options.hpp"

#include <algorithm>
#include <string>

#include "jobs/options/batch_memory.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat {
namespace {

using namespace literals;

constexpr ByteCount outside_batches = 2 * jobs_detail::session_bytes;
// Being filled, being written, made by a hook, and kept for the next use.
constexpr std::uint64_t stream_batches = 5;

ByteCount least_memory(const StreamOptions& options) {
  return (stream_batches + 1) * options.batch_bytes + outside_batches;
}

void validate_rejects(const StreamOptions& options) {
  if (options.max_rejects > 0 && options.rejects.empty()) {
    throw Error(ErrorKind::config, "max_rejects needs a place for the rows that are rejected",
                {.hint = "name a file or a table for them (--rejects)"});
  }
  if (options.max_rejects == 0 && !options.rejects.empty()) {
    throw Error(ErrorKind::config, "rejects says where rejected rows go, but max_rejects allows none",
                {.hint = "say how many may be rejected (--max-rejects)"});
  }
  if (!options.rejects.table.empty()) static_cast<void>(TableName::parse(options.rejects.table));
  if (options.max_rejects > 0 && options.verify) {
    throw Error(ErrorKind::config, "a load that may reject rows cannot be verified",
                {.hint = "leave --verify or --max-rejects out"});
  }
}

}  // namespace

std::string_view to_string(Indexes indexes) {
  switch (indexes) {
    case Indexes::keep:
      return "keep";
    case Indexes::rebuild:
      return "rebuild";
    case Indexes::automatic:
      return "auto";
  }
  return "keep";
}

std::string_view to_string(CreateTarget create) {
  switch (create) {
    case CreateTarget::columns:
      return "columns";
    case CreateTarget::full:
      return "full";
    case CreateTarget::never:
      break;
  }
  return "never";
}

void validate(const StreamOptions& options) {
  if (options.batch_bytes < 4_KiB || options.batch_bytes > 1_GiB)
    throw Error(ErrorKind::config, "batch_bytes must lie between 4 KiB and 1 GiB");
  const ByteCount least = least_memory(options);
  if (options.memory < least) {
    throw Error(ErrorKind::config, "memory must be at least " + format_bytes(least) + " with batches of " +
                                       format_bytes(options.batch_bytes));
  }
  if (options.flush_after.count() <= 0)
    throw Error(ErrorKind::config, "flush_after must be greater than zero");
  if (options.progress_interval.count() <= 0)
    throw Error(ErrorKind::config, "progress_interval must be greater than zero");
  validate_rejects(options);
}

StreamOptions share_of(const StreamOptions& options, std::size_t jobs) {
  StreamOptions share = options;
  share.memory = ByteCount{options.memory.count() / jobs};
  if (share.memory < outside_batches) return share;
  const ByteCount largest{(share.memory - outside_batches).count() / (stream_batches + 1)};
  if (largest >= 4_KiB) share.batch_bytes = std::min(share.batch_bytes, largest);
  return share;
}

ByteCount monitor_budget(const StreamOptions& options) {
  return options.memory - stream_batches * options.batch_bytes - outside_batches -
         jobs_detail::collected_by_stream(options);
}

ByteCount jobs_detail::collected_by_stream(const StreamOptions& options) {
  const ByteCount least = least_memory(options);
  if (options.max_rejects == 0 || options.budget || options.memory < least) return {};
  return ByteCount{std::min(options.memory.count() / 8, (options.memory - least).count() / 2)};
}

}  // namespace leat
