#include "jobs/match/copy_columns.hpp"

#include <array>
#include <set>
#include <span>
#include <utility>

#include "jobs/options/lists.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/postgres/catalog/detail/table_sql.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/own_sql.hpp"

namespace leat::jobs_detail {
namespace {

using postgres_detail::in_own_sql;
using postgres_detail::select_sql;
using postgres_detail::SelectItem;

/// Describes a query with SQL of the user's. What the server says against that SQL stands after `refused`.
std::vector<TableColumn> describe_own_sql(Connection& session, const std::string& query,
                                          const std::string& own_sql, const std::string& refused,
                                          const std::stop_token& stop) {
  try {
    return describe_query(session, query, stop);
  } catch (const Error& error) {
    const auto state = error.sqlstate();
    const bool is_of_sql = state.starts_with("42") || state.starts_with("22") || state.starts_with("0A");
    constexpr const char* privilege_missing = "42501";
    if (!is_of_sql || state == privilege_missing) throw;
    const Error own = in_own_sql(error, query, own_sql);
    throw own.with_message(refused + own.what());
  }
}

/// Throws unless SQL of the user's gives one value for each row, whatever the other rows are. `query` has it
/// in a WHERE, where the server itself refuses functions that return sets, aggregates and window functions,
/// which would change how many rows there are, or mean something else for each slice.
void require_row_by_row(Connection& session, const std::string& query, const std::string& own_sql,
                        const std::string& wanted, const std::stop_token& stop) {
  constexpr const char* hint =
      "compute it in a subquery or a view, or load the rows of a query (leat query) that does";
  try {
    static_cast<void>(describe_own_sql(session, query, own_sql, wanted + ": ", stop));
  } catch (const Error& error) {
    if (error.sqlstate() != "0A000" && error.sqlstate() != "42803" && error.sqlstate() != "42P20") throw;
    throw error.with_hint(hint);
  }
}

}  // namespace

void validate_pair(const TableSelection& choice, const std::string& store) {
  if (choice.from.empty()) throw Error(ErrorKind::config, "from names no table");
  if (store.empty()) static_cast<void>(TableName::parse(choice.from));
  static_cast<void>(TableName::parse(choice.target_name()));
  if (choice.columns.empty() || choice.exclude.empty()) return;
  throw Error(ErrorKind::config, "columns can be included or excluded, not both");
}

bool is_chosen(const TableSelection& choice, const std::string& column) {
  return (choice.columns.empty() || contains(choice.columns, column)) && !contains(choice.exclude, column);
}

std::vector<std::string> named_columns(const TableSelection& choice) {
  auto names = choice.columns;
  append_all(names, choice.exclude);
  for (const auto& [column, target] : choice.rename) names.push_back(column);
  return names;
}

std::string target_column(const TableSelection& choice, const std::string& column) {
  const auto renamed = choice.rename.find(column);
  return renamed == choice.rename.end() ? column : renamed->second;
}

void throw_not_copied(const std::string& renamed, const std::string& from,
                      const std::vector<std::string>& copied) {
  throw Error(ErrorKind::config, "rename names the column " + quote_identifier(renamed) +
                                     ", which is not among those to copy from " + from +
                                     leat::detail::did_you_mean(renamed, copied));
}

void require_own_targets(const std::vector<SourceColumn>& columns) {
  std::set<std::string> taken;
  for (const auto& column : columns) {
    if (taken.insert(column.target).second) continue;
    throw Error(ErrorKind::config,
                "two columns would go into the target's " + quote_identifier(column.target),
                {.hint = "leave one of them out (.exclude), or rename it"});
  }
}

std::vector<SourceColumn> source_columns(Connection& session, const TableInfo& table,
                                         const TableSelection& choice, const std::stop_token& stop) {
  std::vector<SourceColumn> columns;
  auto renamed = choice.rename;
  std::vector<std::string> selected;
  for (auto& column : select_columns(table, choice.columns, choice.exclude)) {
    selected.push_back(column.name);
    auto node = renamed.extract(column.name);
    std::string target = node ? node.mapped() : column.name;
    if (choice.map.contains(target)) continue;
    columns.push_back({.target = std::move(target),
                       .item = {.sql = quote_identifier(column.name), .is_column = !column.generated},
                       .column = std::move(column)});
  }
  if (!renamed.empty()) throw_not_copied(renamed.begin()->first, table.name.display(), selected);
  for (const auto& [target, expression] : choice.map) {
    // On lines of its own, so that a comment at its end swallows nothing.
    const SelectItem item{.sql = "(\n" + expression + "\n)", .is_column = false};
    const std::string subject = "the SQL of map for the column " + display_identifier(target);
    auto described = describe_own_sql(session, select_sql(table, std::span(&item, 1), {}), expression,
                                      subject + " is refused: ", stop);
    if (described.size() != 1) {
      throw Error(ErrorKind::config, subject + " must give one value", {.sql = expression});
    }
    const std::array<SelectItem, 1> one{SelectItem{.sql = "1", .is_column = false}};
    require_row_by_row(
        session, select_sql(table, one, "(\n" + expression + "\n) IS NULL"), expression,
        ".map for the column " + display_identifier(target) + " must give one value for each row", stop);
    columns.push_back({.target = target, .item = item, .column = std::move(described.front())});
  }
  require_own_targets(columns);
  return columns;
}

void add_generated(std::vector<SourceColumn>& columns, const TableInfo& source, const TableSelection& choice,
                   const TableInfo& target) {
  if (!choice.columns.empty() || target.kind == RelationKind::view) return;
  for (const auto& column : source.columns) {
    if (!column.generated || !is_chosen(choice, column.name)) continue;
    const TableColumn* const to = target.find(column.name);
    if (to == nullptr || to->generated) continue;
    if (find_by(columns, &SourceColumn::target, column.name) != nullptr) continue;
    columns.push_back({.target = column.name,
                       .item = {.sql = quote_identifier(column.name), .is_column = false},
                       .column = column});
  }
}

std::vector<std::string> names_of(const std::vector<SourceColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (column.item.is_column || column.column.generated) names.push_back(column.column.name);
  }
  return names;
}

void check_condition(Connection& session, const TableInfo& table, const std::string& where,
                     const std::stop_token& stop, const std::string& option) {
  if (where.empty()) return;
  const std::string wanted = option + " is not a condition";
  // As it will be used, so that the server's words fit it.
  const std::array<SelectItem, 1> one{SelectItem{.sql = "1", .is_column = false}};
  require_row_by_row(session, select_sql(table, one, where), where, wanted, stop);
  // And where nothing but a whole condition may stand.
  const std::array<SelectItem, 2> uses{
      SelectItem{.sql = "EXISTS (" + select_sql(table, {}, where) + ")", .is_column = false},
      SelectItem{.sql = "CASE WHEN\n" + where + "\nTHEN 1 END", .is_column = false}};
  require_row_by_row(session, select_sql(table, uses, {}), where, wanted, stop);
}

}  // namespace leat::jobs_detail
