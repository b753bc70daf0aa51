#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "jobs/survey/server_survey.hpp"
#include "jobs/survey/table_facts.hpp"

namespace leat::jobs_detail {

/// Looks at a table, by as many statements as for many, or only at who holds it where its lock could not be
/// had, which `lock_error` tells.
[[nodiscard]] TableFacts survey_table(Connection& session, const TableName& name,
                                      const std::optional<Error>& lock_error, const std::stop_token& stop);

/// What is known of a side before it is looked at; the pointers may be null.
struct KnownFacts {
  const ServerFacts* server = nullptr;
  const TableFacts* table = nullptr;
  std::optional<Error> lock_error{};  ///< see survey_table()
};

/// What is not known by survey_server(), which gets into `server`, and by survey_table(), asked together
/// where it is both. What stands in the way of the table may leave some of the server's facts out.
[[nodiscard]] TableFacts survey_side(Connection& session, const TableName& name, const KnownFacts& known,
                                     ServerFacts& server, const std::stop_token& stop);

/// Looks at a server and at many tables of different names at once, in the session's transaction. What cannot
/// be looked at is nullopt, so that the table's own job may say why, or wait for a lock.
[[nodiscard]] std::vector<std::optional<TableFacts>> survey_tables(Connection& session,
                                                                   std::span<const TableName> names,
                                                                   ServerFacts& server,
                                                                   const std::stop_token& stop);

}  // namespace leat::jobs_detail
