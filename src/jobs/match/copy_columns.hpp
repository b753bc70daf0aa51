#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "leat/jobs/options/table_selection.hpp"

namespace leat::jobs_detail {

/// @throws Error (config) that names what is wrong, whatever the tables are like. `store`: the kind of a
/// source that calls its objects as it likes; "" of a server.
void validate_pair(const TableSelection& choice, const std::string& store = {});

/// Whether the source's column is one of those that are meant. Says nothing of what `map` gives instead.
[[nodiscard]] bool is_chosen(const TableSelection& choice, const std::string& column);

/// The source's columns that are named, so that there must be such.
[[nodiscard]] std::vector<std::string> named_columns(const TableSelection& choice);

/// The target's name of the source's column.
[[nodiscard]] std::string target_column(const TableSelection& choice, const std::string& column);

/// A column is renamed that is none of those to copy.
[[noreturn]] void throw_not_copied(const std::string& renamed, const std::string& from,
                                   const std::vector<std::string>& copied);
/// @throws Error (config) where two columns would go into one of the target's.
void require_own_targets(const std::vector<SourceColumn>& columns);

/// What the source gives, and for which column of the target.
/// @throws Error (config) for columns that there are not, or that are named twice; what the server says of
/// the user's own SQL.
[[nodiscard]] std::vector<SourceColumn> source_columns(Connection& session, const TableInfo& table,
                                                       const TableSelection& choice,
                                                       const std::stop_token& stop);

/// Adds the source's generated columns that nobody has named or left out, where the target's of that name is
/// an ordinary one: it would get no value otherwise. A view's may be computed below it, so it gets none.
void add_generated(std::vector<SourceColumn>& columns, const TableInfo& source, const TableSelection& choice,
                   const TableInfo& target);

/// The source's columns that are read as they are.
[[nodiscard]] std::vector<std::string> names_of(const std::vector<SourceColumn>& columns);

/// A condition whose parentheses do not match could take in what stands beside it. `option` is where the user
/// has it from.
/// @throws Error (of the session's side) where the server does not understand it.
void check_condition(Connection& session, const TableInfo& table, const std::string& where,
                     const std::stop_token& stop, const std::string& option = ".where");

}  // namespace leat::jobs_detail
