#pragma once

#include <string>

namespace leat::test {

/// What pg_stat_activity shows of the sessions of run_sql().
inline constexpr const char* sql_client_name = "leat-test-sql";

/// Runs SQL on a session of its own, as `psql -X -q -A -t -c` does: several statements are one transaction,
/// and what they return is there unaligned, `|` between columns and a newline after each row. A session costs
/// a third of a process with a session. Thread-safe.
/// @throws std::runtime_error with the server's message on the first error.
std::string run_sql(const std::string& uri, const std::string& sql);

}  // namespace leat::test
