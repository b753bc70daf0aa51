#include "jobs/rejects/row_rejects_table.hpp"

#include <array>

#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/rejects/row_rejects_file.hpp"

namespace leat::jobs_detail {
namespace {

std::string names_list(std::span<const std::string> columns) {
  std::string list =
      text_list(reject_columns(), [](const auto& column) { return quote_identifier(column.name); });
  for (const auto& column : columns) list += ", " + quote_identifier(column);
  return list;
}

std::string create_reject_table_sql(const TableName& name, std::span<const std::string> columns) {
  std::string list = text_list(reject_columns(), [](const auto& column) {
    return quote_identifier(column.name) + " pg_catalog." + column.type;
  });
  for (const auto& column : columns) list += ", " + quote_identifier(column) + " pg_catalog.text";
  return "CREATE TABLE " + name.sql() + " (" + list + ")";
}

/// Asks the server to plan it, for no row.
std::string try_insert_sql(const TableName& name, std::span<const std::string> columns) {
  std::string nulls = text_list(
      reject_columns(), [](const auto& column) { return std::string("NULL::pg_catalog.") + column.type; });
  for (std::size_t i = 0; i < columns.size(); ++i) nulls += ", NULL::pg_catalog.text";
  return "INSERT INTO " + name.sql() + " (" + names_list(columns) + ") SELECT " + nulls + " WHERE false";
}

}  // namespace

void prepare_reject_table(Connection& connection, const TableName& name, const TableInfo& target,
                          std::span<const std::string> columns, std::vector<Finding>& findings,
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
    connection.execute(try_insert_sql(name, columns), {}, stop);
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

std::string insert_reject_sql(const TableName& name, std::span<const std::string> columns) {
  std::string places;
  const std::size_t count = reject_columns().size() + columns.size();
  for (std::size_t i = 1; i <= count; ++i) places += (i > 1 ? ", $" : "$") + std::to_string(i);
  return "INSERT INTO " + name.sql() + " (" + names_list(columns) + ") VALUES (" + places + ")";
}

std::string insert_kept_rejects_sql(const TableName& name, std::span<const std::string> columns) {
  std::string fields;
  std::size_t place = 0;
  const auto add = [&](const std::string& type) {
    fields += (fields.empty() ? "" : ", ");
    fields += "r.fields[" + std::to_string(++place) + "]::pg_catalog." + type;
  };
  for (const auto& column : reject_columns()) add(column.type);
  for (std::size_t i = 0; i < columns.size(); ++i) add("text");
  return "INSERT INTO " + name.sql() + " (" + names_list(columns) + ") SELECT " + fields +
         " FROM leat_meta.job_rejects r WHERE r.job = $1 AND r.run = (SELECT run FROM leat_meta.jobs WHERE "
         "name = $1) ORDER BY r.slice, r.number";
}

std::string load_again_sql(const TableName& name, const TableInfo& target,
                           std::span<const std::string> columns) {
  std::string list;
  std::string values;
  bool overrides = false;
  for (const auto& column : columns) {
    const TableColumn* info = target.find(column);
    const std::string quoted = quote_identifier(column);
    list += (list.empty() ? "" : ", ") + quoted;
    values += (values.empty() ? "" : ", ") + quoted;
    if (info == nullptr) continue;
    values += "::" + info->type_name;
    overrides = overrides || info->identity == Identity::always;
  }
  return "INSERT INTO " + target.name.sql() + " (" + list + ")" +
         (overrides ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT " + values + " FROM " + name.sql();
}

}  // namespace leat::jobs_detail
