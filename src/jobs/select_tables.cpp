#include "leat/jobs/select_tables.hpp"

#include "jobs/options/stopped.hpp"
#include "jobs/prepare/prepare_target.hpp"
#include "jobs/survey/source_transaction.hpp"
#include "jobs/tables/inheriting_choice.hpp"
#include "jobs/tables/table_choices.hpp"
#include "jobs/tables/table_set.hpp"
#include "jobs/tables/tables_above.hpp"
#include "leat/postgres/catalog/table_manager.hpp"

namespace leat {
namespace {

using namespace jobs_detail;

std::vector<TableSelection> read_selections(const CopyTablesOptions& options, const std::stop_token& stop) {
  const TableChoices choices(options);
  const auto include = parse_patterns(options.include);
  const auto exclude = parse_patterns(options.exclude);
  const auto source = connect(options.source, ErrorKind::source, options.stream, stop);
  source->begin(source_transaction, stop);
  auto listed = list_tables(*source, include, exclude, stop);
  const auto inheritance = choose_inheritance(*source, listed, exclude, options.inheritance, stop);
  const auto targets = choices.targets_of(
      listed, choices.renames() ? tables_above(*source, listed, stop) : std::vector<ListedTable>());
  std::vector<TableName> names;
  std::vector<TableSelection> selections;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    names.push_back(listed[i].name);
    selections.push_back({.from = listed[i].name.sql(),
                          .to = targets[i].sql(),
                          .inheritance = inheritance[i],
                          .large_objects = options.large_objects});
  }
  if (options.map.empty() && options.exclude_columns.empty()) return selections;
  const auto target = connect(options.target, ErrorKind::target, options.stream, stop);
  const auto of_source = TableManager(*source).describe(names, stop);
  const auto of_target = TableManager(*target).describe(targets, stop);
  std::vector<KnownColumns> columns;
  for (std::size_t i = 0; i < names.size(); ++i) {
    columns.push_back({.source = of_source[i] ? &*of_source[i] : nullptr,
                       .target = of_target[i] ? &*of_target[i] : nullptr});
  }
  choices.choose_columns(listed, columns, selections);
  return selections;
}

}  // namespace

std::vector<TableSelection> select_tables(const CopyTablesOptions& options, std::stop_token stop) {
  return jobs_detail::unless_stopped([&] { return read_selections(options, stop); });
}

}  // namespace leat
