#include "leat/postgres/copy/copy_sql.hpp"

#include "leat/postgres/catalog/detail/table_sql.hpp"

namespace leat {

using postgres_detail::format_clause;

std::string copy_query_sql(std::string_view query, RowFormat format) {
  while (!query.empty() && std::string_view(" \t\r\n;").find(query.back()) != std::string_view::npos) {
    query.remove_suffix(1);
  }
  return "COPY (\n" + std::string(query) + "\n) TO STDOUT" + format_clause(format);
}

std::string copy_from_sql(const TableName& table, std::span<const std::string> columns, RowFormat format) {
  std::string list;
  for (const auto& column : columns) list += (list.empty() ? "" : ", ") + quote_identifier(column);
  return "COPY " + table.sql() + (list.empty() ? "" : " (" + list + ")") + " FROM STDIN" +
         format_clause(format);
}

}  // namespace leat
