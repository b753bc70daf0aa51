#include "leat/jobs/options/stream_options.hpp"

#include "jobs/options/batch_memory.hpp"
#include "jobs/options/refuse_if.hpp"
#include "jobs/options/validate_options.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat {
namespace {

using namespace literals;
using jobs_detail::refuse_if;

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

void jobs_detail::validate(const StreamOptions& options) {
  refuse_if(options.batch_bytes < 4_KiB || options.batch_bytes > 1_GiB,
            "batch_bytes must lie between 4 KiB and 1 GiB");
  jobs_detail::validate_memory(options, {});
  refuse_if(options.flush_after.count() <= 0, "flush_after must be greater than zero");
  refuse_if(options.progress_interval.count() <= 0, "progress_interval must be greater than zero");
  const JobLimits& limits = options.limits;
  refuse_if(limits.connect_timeout && limits.connect_timeout->count() <= 0,
            "limits.connect_timeout must be greater than zero");
  refuse_if(limits.silence_timeout && limits.silence_timeout->count() <= 0,
            "limits.silence_timeout must be greater than zero");
  refuse_if(limits.lock_timeout && limits.lock_timeout->count() < 0,
            "limits.lock_timeout must not be negative");
  refuse_if(limits.statement_timeout && limits.statement_timeout->count() < 0,
            "limits.statement_timeout must not be negative");
  refuse_if(options.max_rejects > 0 && options.rejects.empty(),
            "max_rejects needs a place for the rows that are rejected",
            "name a file or a table for them (.rejects)");
  refuse_if(options.max_rejects == 0 && !options.rejects.empty(),
            "rejects says where rejected rows go, but max_rejects allows none",
            "say how many may be rejected (.max_rejects)");
  if (!options.rejects.table.empty()) static_cast<void>(TableName::parse(options.rejects.table));
  refuse_if(options.max_rejects > 0 && options.verify, "a load that may reject rows cannot be verified",
            "leave .verify or .max_rejects out");
}

}  // namespace leat
