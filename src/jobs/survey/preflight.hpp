#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey/merge_key.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/data/store/finding.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

/// What stands against reading these columns of a table that was found on that side, and who holds it up:
/// privileges, row security, locks.
void check_source(const TableFacts& facts, ErrorKind side, std::span<const std::string> columns,
                  std::vector<Finding>& findings);

/// What stands against loading a table that was found, and what a user should know: whether the server takes
/// writes, privileges, row security, triggers, rules, foreign keys, locks.
void check_target(const TableFacts& facts, const ServerFacts& server, int server_version,
                  std::span<const std::string> columns, const Writing& writing, const StreamOptions& options,
                  std::vector<Finding>& findings);

/// Whether the target has rows that do not meet the condition, in a job that is to remove all old rows and
/// not to lose these. A condition that the target does not understand may leave out every row.
void check_rows_outside(Connection& session, const TableInfo& table, const std::string& where,
                        std::vector<Finding>& findings, const std::stop_token& stop);

/// Whether this role may update these columns.
void check_updates(const TableFacts& facts, std::span<const std::string> columns,
                   std::vector<Finding>& findings);

/// Whether the finding is of one column, so that its hint tells what CopyTable could do about it.
[[nodiscard]] bool is_of_column(const Finding& finding);

/// That names of objects are not written with their schema.
[[nodiscard]] Finding names_as_they_are();

/// That a server takes no writes, which it says of itself.
[[nodiscard]] Finding takes_no_writes(const ServerFacts& server);

/// Why a table of that side cannot be read, whatever the columns; nullopt where it can.
[[nodiscard]] std::optional<Finding> reason_not_to_read(const TableFacts& facts, ErrorKind side);

/// Why nothing can be loaded into it, whatever the columns; nullopt where it can.
[[nodiscard]] std::optional<Finding> reason_not_to_load(const TableFacts& facts, WriteMode mode,
                                                        const StreamOptions& options);

/// Whether rows of other tables reference those that replace or swap deletes, and would go along or keep them
/// from going. Asks the server where there are such keys; those that only check are left out where triggers
/// are silent.
void check_dependents(Connection& session, const TableFacts& facts, WriteMode mode, bool silent,
                      std::vector<Finding>& findings, const std::stop_token& stop);

/// Whether the server would refuse to update or delete rows that it publishes, as nothing identifies them to
/// the subscribers. It is asked what it makes of such statements, and keeps no lock for it.
void check_replica_identity(Connection& session, const TableFacts& facts, WriteMode mode,
                            std::vector<Finding>& findings, const std::stop_token& stop);

/// Sequences that this role may not advance behind the values that are loaded.
void check_sequences(const TableFacts& facts, std::span<const std::string> columns,
                     std::vector<Finding>& findings);

/// Whether amounts of money mean the same on both sides.
void check_money(const ServerFacts& source, const ServerFacts& target, const TableInfo& table,
                 std::span<const std::string> columns, std::vector<Finding>& findings);

/// What is to be known of the two servers and the ways to them: whether every character of the source has a
/// place in the target, what an administrator has set for such sessions and the job sets aside, and what a
/// connection pooler in between means for the job. `source_session` is null of a source that is no server.
void check_servers(const ServerFacts& source, const Connection* source_session, const ServerFacts& target,
                   const Connection& target_session, std::vector<Finding>& findings);

/// Whether the server has room for so many more sessions; `otherwise` says what becomes of the job.
void check_connections(Connection& session, std::size_t more, const std::string& otherwise,
                       std::vector<Finding>& findings, const std::stop_token& stop);
inline const std::string works_with_fewer = "it will work with those it gets";

}  // namespace leat::jobs_detail
