#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"
#include "leat/postgres/session/sql_parameters.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat::jobs_detail {

/// Transforms that the target runs: the rows wait as they were read in a temporary table, and one statement
/// makes of them those of the load. A plain value.
struct TransformedInput {
  std::string create_sql{};            ///< of input_table()
  std::vector<std::string> columns{};  ///< of the rows as they are read
  CompiledTransform transform{};       ///< of that table's rows; its parameters have their names
  ParameterizedSql query{};            ///< the same, whose parameters have numbers
  std::vector<std::string> texts{};    ///< what stands for each of them: "$1", or a cast of it
  std::vector<Parameter> values{};
  std::vector<std::string> items{};  ///< what of `q`, its rows, each column of the load gets
  TextPlaces places{};
};

/// The temporary table. Transforms know its rows as input_data, by a WITH of their own, so that it hides no
/// table of that name from the target's triggers and functions.
[[nodiscard]] TableName input_table();

/// The statement, for people.
[[nodiscard]] std::string transforming_sql(const TransformedInput& input, const TableName& into,
                                           const std::vector<std::string>& columns);

/// Runs it. Returns how many rows it has put there. @throws Error that stands in the author's own text.
std::uint64_t insert_transformed(Connection& connection, const TransformedInput& input, const TableName& into,
                                 const std::vector<std::string>& columns, const std::stop_token& stop);

}  // namespace leat::jobs_detail
