#include "jobs/options/incremental.hpp"

#include "jobs/options/refuse_if.hpp"

namespace leat {

std::string_view to_string(IncrementalBound bound) {
  return bound == IncrementalBound::snapshot ? "snapshot" : "column";
}

void jobs_detail::validate_incremental(const std::optional<IncrementalOptions>& options, WriteMode mode,
                                       const Delivery& delivery, IncrementalSource source) {
  if (!options) return;
  refuse_if(options->column.empty(), "incremental names no column",
            "name the one by which rows are new (.column)");
  refuse_if(source == IncrementalSource::store, "incremental loads read PostgreSQL",
            "leave incremental out: the store's rows are read as a whole");
  refuse_if(source == IncrementalSource::query && options->bound == IncrementalBound::snapshot,
            "rows of a query do not tell which transaction has written them",
            "read a table by IncrementalBound::snapshot, or use .lag");
  refuse_if(mode == WriteMode::replace || mode == WriteMode::swap,
            "an incremental load reads new rows alone, and this mode would remove all others",
            "load with WriteMode::upsert, or leave incremental out");
  refuse_if(mode == WriteMode::sync,
            "an incremental load reads new rows alone, and sync would delete those that it does not read",
            "load with WriteMode::upsert, or leave incremental out");
  const auto& backfill = options->backfill;
  refuse_if(backfill && backfill->from.empty() && backfill->to.empty(), "backfill has no bound",
            "say from where or to where: 2026-01-01..2026-02-01, 2026-01-01.., ..2026-02-01");
  if (mode != WriteMode::append) return;
  constexpr const char* by_key = "load with WriteMode::upsert, which puts each row there once";
  refuse_if(!options->lag.empty() && options->lag != "0" && !backfill,
            "lag reads rows again that were loaded already, and append would put them there twice",
            "load with WriteMode::upsert, which puts each row there once, or leave .lag out");
  refuse_if(options->bound == IncrementalBound::snapshot,
            "rows that were changed are read again, and append would put them there twice", by_key);
  refuse_if(backfill.has_value(),
            "backfill reads rows again that were loaded already, and append would put them there twice",
            by_key);
  refuse_if(
      !delivery.job.empty() && delivery.on_lost_snapshot != OnLostSnapshot::redo,
      "the watermark is committed together with all of the load's rows, and this job commits them slice "
      "by slice",
      "let slices be published at once (OnLostSnapshot::redo), or load with WriteMode::upsert");
}

}  // namespace leat
