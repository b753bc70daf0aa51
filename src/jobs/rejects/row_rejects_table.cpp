#include "jobs/rejects/row_rejects_table.hpp"

#include <array>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/rejects/row_rejects_file.hpp"

namespace leat::jobs_detail {
namespace {

std::string create_reject_table_sql(const TableName& name, std::span<const TableColumn> columns) {
  return "CREATE TABLE " + name.sql() + " (" +
         text_list(reject_columns(columns),
                   [](const auto& column) {
                     return quote_identifier(column.name) + " pg_catalog." + column.type;
                   }) +
         ")";
}

/// INSERT of what `value` says for the place of each column, counted from 1, and its type; what that is taken
/// from may follow.
template <class Value>
std::string insert_sql(const TableName& name, std::span<const TableColumn> columns, const Value& value) {
  const auto all = reject_columns(columns);
  std::size_t place = 0;
  return "INSERT INTO " + name.sql() + " (" +
         text_list(all, [](const auto& column) { return quote_identifier(column.name); }) + ") SELECT " +
         text_list(all, [&](const auto& column) {
           return value(std::to_string(++place), "::pg_catalog." + column.type);
         });
}

}  // namespace

void prepare_reject_table(Connection& connection, const TableName& name, const TableInfo& target,
                          std::span<const TableColumn> columns, std::vector<Finding>& findings,
                          const std::stop_token& stop) {
  const std::array<Parameter, 1> parameter{name.sql()};
  const Result found = connection.execute(
      "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid::pg_catalog.int8", parameter, stop);
  const bool exists = !found.is_null(0, 0);
  if (exists && found.oid(0, 0) == target.oid) {
    findings.push_back(
        {.code = "rejects_table",
         .side = ErrorKind::config,
         .message = "rejected rows cannot go into " + name.display() + ", which they were refused by",
         .hint = "name another table for them"});
    return;
  }
  const auto make_and_try = [&] {
    if (!exists) connection.execute(create_reject_table_sql(name, columns), {}, stop);
    // The server plans it, for no row.
    const auto null = [](const auto& /*place*/, const auto& type) { return "NULL" + type; };
    connection.execute(insert_sql(name, columns, null) + " WHERE false", {}, stop);
  };
  const auto refused =
      behind_savepoint(connection, stop, make_and_try, [](const Error& /*error*/) { return true; });
  if (!refused) return;
  findings.push_back(to_finding(
      "rejects_table",
      refused->with_message("the table of rejected rows " + name.display() +
                            (exists ? " does not take them: " : " cannot be made: ") + refused->what())));
  if (findings.back().hint.empty()) {
    findings.back().hint = exists ? "drop it, so that it is made anew, or name another table"
                                  : "name a table in a schema where this role may create it";
  }
}

std::string insert_reject_sql(const TableName& name, std::span<const TableColumn> columns) {
  return insert_sql(name, columns, [](const auto& place, const auto& /*type*/) { return "$" + place; });
}

std::string insert_kept_rejects_sql(const TableName& name, std::span<const TableColumn> columns) {
  return insert_sql(name, columns,
                    [](const auto& place, const auto& type) { return "r.fields[" + place + "]" + type; }) +
         " FROM leat_meta.job_rejects r WHERE r.job = $1 AND r.run = (SELECT run FROM leat_meta.jobs WHERE "
         "name = $1) ORDER BY r.slice, r.number";
}

}  // namespace leat::jobs_detail
