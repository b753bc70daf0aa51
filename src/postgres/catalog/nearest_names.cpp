#include "leat/postgres/catalog/detail/nearest_names.hpp"

#include <algorithm>
#include <vector>

#include "leat/core/detail/characters.hpp"
#include "leat/core/detail/nearest.hpp"
#include "leat/postgres/session/sqlstate.hpp"

namespace leat::postgres_detail {
namespace {

// Those that an unqualified name finds first.
constexpr const char* named_tables_query = R"(
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'leat_meta') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY NOT pg_catalog.pg_table_is_visible(c.oid), n.nspname, c.relname
LIMIT 10000)";

/// Of the shortest words only what they begin is near, as each is near to every other one.
std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  constexpr std::size_t shortest_misspelt = 3;
  const std::string found = detail::nearest(word, names);
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const bool begins =
      word.size() <= found.size() && std::equal(word.begin(), word.end(), found.begin(),
                                                [lower](char a, char b) { return lower(a) == lower(b); });
  return begins || word.size() >= shortest_misspelt ? found : std::string();
}

/// The table of these that has nearly that name; nullptr for none.
const TableName* nearest_of(std::string_view name, const std::vector<const TableName*>& tables) {
  std::vector<std::string> names;
  for (const auto* table : tables) names.push_back(table->name);
  const std::string found = nearest_name(name, names);
  const auto at = std::find(names.begin(), names.end(), found);
  return at == names.end() ? nullptr : tables[static_cast<std::size_t>(at - names.begin())];
}

/// Those of the tables for which that is true.
template <class Predicate>
std::vector<const TableName*> tables_that(const std::vector<TableName>& tables, const Predicate& is_one) {
  std::vector<const TableName*> found;
  for (const auto& table : tables) {
    if (is_one(table)) found.push_back(&table);
  }
  return found;
}

const TableName* meant_table(const TableName& wanted, const std::vector<TableName>& tables) {
  const auto in_schema = [&tables](std::string_view schema) {
    return tables_that(tables, [schema](const TableName& table) { return table.schema == schema; });
  };
  if (!wanted.schema.empty()) {
    if (const auto* const near = nearest_of(wanted.name, in_schema(wanted.schema))) return near;
    std::vector<std::string> schemas;
    for (const auto& table : tables) schemas.push_back(table.schema);
    const std::string schema = nearest_name(wanted.schema, schemas);
    if (schema.empty()) {
      const auto same =
          tables_that(tables, [&wanted](const TableName& table) { return table.name == wanted.name; });
      return same.empty() ? nullptr : same.front();
    }
    return nearest_of(wanted.name, in_schema(schema));
  }
  return nearest_of(wanted.name, tables_that(tables, [](const TableName&) { return true; }));
}

/// The name that begins at that character of SQL, counted from 1, as SQL writes it.
std::string_view name_at(std::string_view sql, std::size_t character) {
  std::size_t at = 0;
  while (at < sql.size() && !(detail::begins_character(sql[at]) && --character == 0)) ++at;
  bool is_quoted = false;
  std::size_t end = at;
  for (; end < sql.size(); ++end) {
    const char c = sql[end];
    if (c == '"') is_quoted = !is_quoted;
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           static_cast<unsigned char>(c) >= 0x80;
    if (!is_quoted && !is_letter && c != '_' && c != '$' && c != '.' && c != '"') break;
  }
  return sql.substr(at, end - at);
}

}  // namespace

std::string did_you_mean_column(std::string_view name, const TableInfo& table) {
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  const std::string found = nearest_name(name, names);
  return found.empty() ? std::string() : "; did you mean " + display_identifier(found) + "?";
}

std::string did_you_mean_table(Connection& connection, const TableName& name, const std::stop_token& stop) {
  const Result found = connection.execute_long(named_tables_query, {}, stop);
  std::vector<TableName> tables;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    tables.push_back({.schema = std::string(found.text(i, 0)), .name = std::string(found.text(i, 1))});
  }
  const TableName* const meant = meant_table(name, tables);
  return meant == nullptr ? std::string() : "; did you mean " + meant->display() + "?";
}

Error with_table_meant(Connection& connection, const Error& error, const std::stop_token& stop) {
  if (error.sqlstate() != sqlstate::undefined_table || error.position() == 0 || !connection.is_open()) {
    return error;
  }
  try {
    const auto name = TableName::parse(name_at(error.sql(), error.position()));
    connection.rollback();
    return error.with_message(error.what() + did_you_mean_table(connection, name, stop));
  } catch (const Error&) {
    return error;  // which is what counts
  }
}

}  // namespace leat::postgres_detail
