#include "postgres/copy/query_text.hpp"

#include <utility>

#include "leat/postgres/catalog/detail/type_names.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/copy/cursor.hpp"

namespace leat::postgres_detail {

PreparedQuery::PreparedQuery(Connection& session, ParameterizedSql query, bool writes_values,
                             const std::stop_token& stop)
    : query_(std::move(query)) {
  const auto described = describe_parameters(session, query_.sql, stop);
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
  throw Error(ErrorKind::config, "the query has " + std::to_string(parameters_) + " parameters" + names +
                                     ", and a read gives " + std::to_string(values.size()) + " values");
}

std::string PreparedQuery::with(const Connection& session, const ParameterValues& values) const {
  if (values.empty()) return query_.sql;
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& value = values[i];
    literals.push_back("(" + (value ? session.quote_literal(*value) : "NULL") + "::" + types_[i] + ")");
  }
  return query_.with(literals);
}

}  // namespace leat::postgres_detail
