#include "jobs/copy_columns.hpp"

#include <array>
#include <utility>

#include "leat/postgres/cursor.hpp"

namespace leat::jobs_detail {
namespace {

/// The columns of the user's own SQL, as the server describes them.
std::vector<SourceColumn> mapped_columns(Connection& session, const TableInfo& table,
                                         const std::map<std::string, std::string>& map,
                                         const std::stop_token& stop) {
  if (map.empty()) return {};
  std::vector<SourceColumn> columns;
  std::vector<SelectItem> items;
  for (const auto& [target, expression] : map) {
    // On lines of its own, so that a comment at its end swallows nothing.
    items.push_back({.sql = "(\n" + expression + "\n)", .is_column = false});
    columns.push_back({.target = target, .item = items.back()});
  }
  const auto described = describe_query(session, select_sql(table, items, {}), stop);
  if (described.size() != items.size()) {
    throw Error(ErrorKind::config, "map: every SQL expression must give one value");
  }
  for (std::size_t i = 0; i < columns.size(); ++i) columns[i].column = described.at(i);
  return columns;
}

}  // namespace

std::vector<SourceColumn> source_columns(Connection& session, const TableInfo& table,
                                         const ColumnChoice& choice, const std::stop_token& stop) {
  std::vector<SourceColumn> columns;
  auto renamed = choice.rename;
  for (auto& column : select_columns(table, choice.columns, choice.exclude)) {
    auto node = renamed.extract(column.name);
    std::string target = node ? node.mapped() : column.name;
    if (choice.map.contains(target)) continue;
    columns.push_back({.target = std::move(target),
                       .item = {.sql = quote_identifier(column.name), .is_column = !column.generated},
                       .column = std::move(column)});
  }
  if (!renamed.empty()) {
    throw Error(ErrorKind::config, "rename names the column " + quote_identifier(renamed.begin()->first) +
                                       ", which is not among those to copy from " + table.name.display());
  }
  for (auto& column : mapped_columns(session, table, choice.map, stop)) columns.push_back(std::move(column));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[i].target != columns[j].target) continue;
      throw Error(ErrorKind::config,
                  "two columns would go into the target's " + quote_identifier(columns[i].target),
                  {.hint = "leave one of them out (--exclude), or rename it"});
    }
  }
  return columns;
}

std::vector<std::string> names_of(const std::vector<SourceColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (column.item.is_column || column.column.generated) names.push_back(column.column.name);
  }
  return names;
}

void check_condition(Connection& session, const TableInfo& table, const std::string& where,
                     const std::stop_token& stop) {
  if (where.empty()) return;
  const std::array<SelectItem, 1> alone{
      SelectItem{.sql = "CASE WHEN\n" + where + "\nTHEN 1 END", .is_column = false}};
  static_cast<void>(describe_query(session, select_sql(table, alone, {}), stop));
}

}  // namespace leat::jobs_detail
