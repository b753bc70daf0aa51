#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"

namespace leat::jobs_detail {

/// Which columns a user wants, as CopyTableOptions has them.
struct ColumnChoice {
  const std::vector<std::string>& columns;
  const std::vector<std::string>& exclude;
  const std::map<std::string, std::string>& rename;
  const std::map<std::string, std::string>& map;
};

/// What the source gives, and for which column of the target.
/// @throws Error (config) for columns that there are not, or that are named twice; what the server says of
/// the user's own SQL.
[[nodiscard]] std::vector<SourceColumn> source_columns(Connection& session, const TableInfo& table,
                                                       const ColumnChoice& choice,
                                                       const std::stop_token& stop);

/// The source's columns that are read as they are.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<SourceColumn>& columns);

/// A condition whose parentheses do not match could take in what stands beside it. `option` is where the user
/// has it from.
/// @throws Error (of the session's side) where the server does not understand it.
void check_condition(Connection& session, const TableInfo& table, const std::string& where,
                     const std::stop_token& stop, const std::string& option = "--where");

}  // namespace leat::jobs_detail
