#include "postgres/copy/query_text.hpp"

#include <utility>

#include "leat/core/detail/report_lines.hpp"
#include "leat/postgres/catalog/detail/nearest_names.hpp"
#include "leat/postgres/catalog/detail/type_names.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/copy/cursor.hpp"
#include "leat/postgres/session/detail/own_sql.hpp"

namespace leat::postgres_detail {

PreparedQuery::PreparedQuery(Connection& session, ParameterizedSql query, std::string own_sql,
                             bool writes_values, const std::stop_token& stop)
    : query_(std::move(query)), own_sql_(std::move(own_sql)) {
  QueryDescription described;
  try {
    described = describe_parameters(session, query_.sql, stop);
  } catch (const Error& error) {
    throw with_table_meant(session, in_own(error, {}), stop);
  }
  schema_ = std::make_shared<const Schema>(row_columns(described.columns));
  parameters_ = described.parameters.size();
  if (!writes_values || parameters_ == 0) return;
  if (query_.names.empty()) {
    throw Error(ErrorKind::config, "the query's values cannot be written into it, since they have numbers",
                {.hint = "give the parameters names (:from instead of $1), or read by a cursor"});
  }
  types_ = type_names(session, described.parameters, stop);
  if (types_.size() == parameters_) return;
  throw Error(ErrorKind::config, "a parameter of the query has a type of which no value can be written",
              {.hint = "cast the parameter (:name::text), or read by a cursor"});
}

void PreparedQuery::check(const ParameterValues& values) const {
  if (values.size() == parameters_) return;
  std::string names;
  for (const auto& name : query_.names) names += (names.empty() ? " (:" : ", :") + name;
  if (!names.empty()) names += ")";
  throw Error(ErrorKind::config, "the query has " + detail::counted(parameters_, "parameter") + names +
                                     ", and a read gives " + detail::counted(values.size(), "value"));
}

std::vector<std::string> PreparedQuery::literals(const Connection& session,
                                                 const ParameterValues& values) const {
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& value = values[i];
    literals.push_back("(" + (value ? session.quote_literal(*value) : "NULL") + "::" + types_[i] + ")");
  }
  return literals;
}

std::string PreparedQuery::with(std::span<const std::string> literals) const {
  return query_.with(literals);
}

Error PreparedQuery::in_own(const Error& error, std::span<const std::string> literals) const {
  if (error.position() == 0) return error.in_sql({}, 0);
  if (!literals.empty()) return in_own_query(error, query_, literals, own_sql_);
  std::vector<std::string> numbers;
  for (std::size_t i = 1; i <= query_.names.size(); ++i) numbers.push_back("$" + std::to_string(i));
  return in_own_query(error, query_, numbers, own_sql_);
}

}  // namespace leat::postgres_detail
