#include "jobs/load/transformed_input.hpp"

#include "jobs/options/lists.hpp"
#include "leat/core/detail/characters.hpp"
#include "leat/postgres/session/detail/own_sql.hpp"

namespace leat::jobs_detail {
namespace {

// The transforms stand on lines of their own, so that a comment at their end swallows nothing.
constexpr const char* behind_transforms = "\n) AS q";

std::string before_transforms(const TransformedInput& input, const TableName& into,
                              const std::vector<std::string>& columns) {
  const std::string names = text_list(columns, [](const auto& name) { return quote_identifier(name); });
  // As COPY does, which takes given values for identity columns.
  return "INSERT INTO " + into.sql() + (columns.empty() ? "" : " (" + names + ")") +
         " OVERRIDING SYSTEM VALUE SELECT " +
         text_list(input.items, [](const auto& item) -> const std::string& { return item; }) + " FROM (\n";
}

}  // namespace

TableName input_table() {
  return {.schema = "pg_temp", .name = "leat_input"};
}

std::string transforming_sql(const TransformedInput& input, const TableName& into,
                             const std::vector<std::string>& columns) {
  return before_transforms(input, into, columns) + shown_sql(input.transform) + behind_transforms;
}

std::uint64_t insert_transformed(Connection& connection, const TransformedInput& input, const TableName& into,
                                 const std::vector<std::string>& columns, const std::stop_token& stop) {
  const std::string before = before_transforms(input, into, columns);
  const std::string sql = before + input.query.with(input.texts) + behind_transforms;
  try {
    return connection.execute_long(sql, input.values, stop).affected();
  } catch (const Error& error) {
    const std::size_t first = detail::characters_in(before);
    if (error.position() <= first) throw;
    const Error own = postgres_detail::in_own_query(error.with_position(error.position() - first),
                                                    input.query, input.texts, input.transform.sql);
    throw in_written(own, input.transform, input.places);
  }
}

}  // namespace leat::jobs_detail
