#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/error.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/parameter_values.hpp"
#include "leat/postgres/session/sql_parameters.hpp"

namespace leat::postgres_detail {

/// What the server says of a query with parameters. A value; thread-safe.
class PreparedQuery {
 public:
  /// Asks the server. `writes_values`: they are to be written into the query. @throws Error of the session's
  /// side; (config) if values of a parameter cannot be written.
  /// What the server says against the query is an error of `own_sql`, from which it was parsed.
  PreparedQuery(Connection& session, ParameterizedSql query, std::string own_sql, bool writes_values,
                const std::stop_token& stop);

  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const { return schema_; }
  /// With $1, …
  [[nodiscard]] const std::string& sql() const { return query_.sql; }
  /// @throws Error (config) unless there are as many values as parameters.
  void check(const ParameterValues& values) const;
  /// What is written into the query for these values. @throws Error (config, 22021) for one that holds a NUL
  /// byte.
  [[nodiscard]] std::vector<std::string> literals(const Connection& session,
                                                  const ParameterValues& values) const;
  /// With these literals in it.
  [[nodiscard]] std::string with(std::span<const std::string> literals) const;
  /// An error that the server has found in the query with these literals in it, or with $1, … if there are
  /// none, told as one of the user's own SQL.
  [[nodiscard]] Error in_own(const Error& error, std::span<const std::string> literals) const;

 private:
  ParameterizedSql query_;
  std::string own_sql_;
  std::shared_ptr<const Schema> schema_;
  std::size_t parameters_ = 0;
  std::vector<std::string> types_;  // of the parameters, as SQL, where values are written
};

}  // namespace leat::postgres_detail
