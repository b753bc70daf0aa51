#include "jobs/run/table_units.hpp"

#include "jobs/prepare/slice_definition.hpp"
#include "jobs/run/table_reader.hpp"

namespace leat::jobs_detail {

std::vector<Unit> table_units(const SlicedTable& table) {
  std::vector<Unit> units;
  for (const auto& slice : table.slices) {
    units.push_back(
        {.number = static_cast<std::int64_t>(units.size()), .definition = slice_definition(table, slice)});
  }
  return units;
}

std::function<std::unique_ptr<UnitReader>()> table_readers(const PreparedLoad& load,
                                                           SourceSessions& sessions) {
  return [&load, &sessions]() -> std::unique_ptr<UnitReader> {
    return std::make_unique<TableReader>(*load.slices, load.schema, sessions);
  };
}

}  // namespace leat::jobs_detail
