#pragma once

#include <stop_token>
#include <string>

#include "jobs/survey/survey.hpp"
#include "leat/jobs/options/ad_hoc_query_options.hpp"
#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/ledger.hpp"

namespace leat::jobs_detail {

/// Where a job reads.
struct JobSource {
  std::string label{};  ///< for people: with what the session is connected
  /// ServerFacts::origin; where the server does not tell that, the place of the session. Empty: the label
  /// stands for it.
  std::string database{};
};

/// `session` is null where another store is read, which is known by its label.
[[nodiscard]] inline JobSource job_source(const ResolvedConnection& where, const Connection* session,
                                          const ServerFacts& server) {
  if (session == nullptr) return {.label = where.label, .database = server.origin};
  return {.label = where.label_of(*session),
          .database = server.origin.empty() ? session->endpoint() : server.origin};
}

/// The wish for the job that the options name. What the command is tells its description, as JSON without
/// secrets: by it a job is known again. How it is run (readers, memory, retries) is no part of it.
[[nodiscard]] JobRequest job_request(const CopyTableOptions& options, const JobSource& source);
/// The same of a query.
[[nodiscard]] JobRequest query_job_request(const AdHocQueryOptions& options, const JobSource& source);
/// The same for equal texts, on every machine (FNV-1a, 64 bits).
[[nodiscard]] std::string text_hash(const std::string& text);

/// Who runs it, for messages, and another text each time: "host db1, process 4711, start 93c6f0a2".
[[nodiscard]] std::string job_holder();

/// The snapshot of the session's transaction, and of which database (ServerFacts::database): equal texts see
/// equal rows. Of a standby, where that cannot be told, each call gives another text.
[[nodiscard]] std::string snapshot_identity(Connection& source, const std::string& database,
                                            const std::stop_token& stop);

/// Which table that is and where its rows lie, with those of its partitions: another text once it was dropped
/// and made again, truncated or rewritten.
[[nodiscard]] std::string files_of_table(Connection& session, Oid table, const std::stop_token& stop);

}  // namespace leat::jobs_detail
