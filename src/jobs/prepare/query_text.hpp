#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::jobs_detail {

/// A query of the user's, and what its parameters stand for.
struct OwnQuery {
  const std::string& sql;
  const std::map<std::string, std::optional<std::string>>& values;
  const std::map<std::string, std::string>& types;  ///< of those that have one of their own
};

/// How a query is read.
struct QueryText {
  std::string sql{};                    ///< with its values, or with $1, … and `parameters`
  std::vector<Parameter> parameters{};  ///< where there are some, COPY cannot read it
  std::string why_not_copied{};         ///< why they could not be written into it
  std::vector<TableColumn> columns{};
};

/// Asks the source what the query returns. Values are written into it, as literals of the types that the
/// server gives the parameters, where its rows are the same with them as with bound values; else they stay
/// parameters. Needs an open transaction. @throws Error that stands in the user's own SQL; Error (config) for
/// a type that there is not.
[[nodiscard]] QueryText read_query_text(Connection& source, const OwnQuery& own, const std::stop_token& stop);

/// A query whose parameters are bound, not written into it.
struct BoundQuery {
  ParameterizedSql query{};
  std::vector<std::string> texts{};  ///< what stands for each parameter: "$1", or a cast of it
  std::vector<Parameter> values{};
  std::vector<TableColumn> columns{};
};

/// The same for a statement that takes bound values.
[[nodiscard]] BoundQuery bind_query(Connection& server, const OwnQuery& own, const std::stop_token& stop);

/// Its columns alone. @throws Error that stands in the user's own SQL.
[[nodiscard]] std::vector<TableColumn> query_columns(Connection& source, const OwnQuery& own,
                                                     const std::stop_token& stop);

/// Those of the parameters that stand in this SQL.
template <class Values>
[[nodiscard]] Values used_in(const ParameterizedSql& query, const Values& all) {
  Values used;
  for (const auto& name : query.names) {
    const auto found = all.find(name);
    if (found != all.end()) used.insert(*found);
  }
  return used;
}

/// @throws Error (config) for values that are missing or unused, and for types of parameters that have no
/// value, without asking.
void check_parameters(const OwnQuery& own);

}  // namespace leat::jobs_detail
