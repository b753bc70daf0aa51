#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// "; did you mean NAME?" with the table's column that was probably meant, quoted where SQL needs it, or
/// nothing, to stand behind a message.
[[nodiscard]] LEAT_EXPORT std::string did_you_mean_column(std::string_view name, const TableInfo& table);

/// The same with a table or view that was probably meant by one that is not there: one of nearly that name in
/// the schema, or one of that name elsewhere. Asks the server, and waits for no lock.
[[nodiscard]] LEAT_EXPORT std::string did_you_mean_table(Connection& connection, const TableName& name,
                                                         const std::stop_token& stop);

/// An error of the user's own SQL, which names a table that is not there: with the table that was probably
/// meant. Any other error as it is. For a session that is of no use after the error: ends its transaction.
[[nodiscard]] LEAT_EXPORT Error with_table_meant(Connection& connection, const Error& error,
                                                 const std::stop_token& stop);

}  // namespace leat::postgres_detail
