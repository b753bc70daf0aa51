#include "leat/jobs/options/stream_options.hpp"

#include <string>

#include "jobs/options/batch_memory.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat {
namespace {

using namespace literals;

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
  jobs_detail::validate_memory(options, {});
  if (options.flush_after.count() <= 0)
    throw Error(ErrorKind::config, "flush_after must be greater than zero");
  if (options.progress_interval.count() <= 0)
    throw Error(ErrorKind::config, "progress_interval must be greater than zero");
  validate_rejects(options);
}

}  // namespace leat
