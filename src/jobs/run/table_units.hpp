#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "jobs/run/source_sessions.hpp"
#include "leat/data/store/unit_reader.hpp"

namespace leat::jobs_detail {

/// The slices of a table as units, numbered from 0.
[[nodiscard]] std::vector<Unit> table_units(const SlicedTable& table);

/// Makes readers of `load.slices` on these sessions, which outlive them as the load does.
[[nodiscard]] std::function<std::unique_ptr<UnitReader>()> table_readers(const PreparedLoad& load,
                                                                         SourceSessions& sessions);

}  // namespace leat::jobs_detail
