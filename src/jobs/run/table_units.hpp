#pragma once

#include <memory>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/data/store/unit_source.hpp"
#include "leat/jobs/options/copy_table_options.hpp"

namespace leat::jobs_detail {

/// Where the units of a load come from: another store, or the slices of a table, read by sessions that see
/// what the load's own one sees. That one reads along, but where there is a ledger. `load` and `options`
/// outlive it.
[[nodiscard]] std::shared_ptr<UnitSource> units_of(PreparedLoad& load, const CopyTableOptions& options);

/// Units of these definitions, numbered from 0.
[[nodiscard]] std::vector<Unit> number_units(std::vector<std::string> definitions);

/// An error of a source's session that says only that it was lost, with what the server has told the job's
/// first session of why. Nobody else uses that session. Never waits.
[[nodiscard]] Error with_reason(const Error& error, const PreparedLoad& load);

}  // namespace leat::jobs_detail
