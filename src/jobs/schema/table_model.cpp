#include "jobs/schema/table_model.hpp"

#include <span>
#include <utility>

#include "jobs/options/lists.hpp"

namespace leat::jobs_detail {

TargetModel table_model(Connection& session, const TableInfo& table, const std::vector<SourceColumn>& columns,
                        const TableSelection& choice, const std::stop_token& stop) {
  TargetModel model{.excluded = choice.exclude};
  std::vector<Oid> types;
  std::vector<SourceColumn> expressions;
  for (const auto& column : columns) {
    if (choice.map.contains(column.target)) {
      expressions.push_back(column);
      types.push_back(column.column.type.oid);
    } else {
      model.loaded.push_back({.target = column.target, .source = column.column.name});
    }
  }
  append_all(model.loaded, loaded_values(session, expressions, stop));
  auto definitions = read_definitions(session, std::span(&table.oid, 1), stop);
  if (definitions.tables.empty()) {
    throw Error(ErrorKind::source, table.name.display() + " was dropped by somebody else",
                {.sqlstate = "42P01"});
  }
  model.table = std::move(definitions.tables.front());
  if (!choice.columns.empty()) {
    // Only these, so no generated ones besides.
    for (const auto& column : model.table.columns) {
      if (column.generated) model.excluded.push_back(column.name);
    }
  }
  model.types = std::move(definitions.types);
  model.types.merge(read_type_definitions(session, types, stop));
  return model;
}

}  // namespace leat::jobs_detail
