#pragma once

#include <stop_token>
#include <string>

#include "leat/jobs/options/copy_table_options.hpp"
#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Where a job reads.
struct JobSource {
  /// For people: with what the session is connected.
  std::string label{};
  /// The server's system identifier and the database's number, which a physical copy of the server has as
  /// well. "" where this role may not ask for it: the label stands for it, then.
  std::string database{};
};

[[nodiscard]] JobSource job_source(const ResolvedConnection& where, Connection& source,
                                   const std::stop_token& stop);

/// The same of a load; `source` is null where another store is read, which is known by its label.
[[nodiscard]] JobSource source_of(const ResolvedConnection& where, Connection* source,
                                  const std::stop_token& stop);

/// The wish for the job that the options name. What the command is tells its description, as JSON without
/// secrets: by it a job is known again. How it is run (readers, memory, retries) is no part of it.
[[nodiscard]] JobRequest job_request(const CopyTableOptions& options, const JobSource& source);
/// The same for equal texts, on every machine (FNV-1a, 64 bits).
[[nodiscard]] std::string text_hash(const std::string& text);

/// Who runs it, for messages, and another text each time: "host db1, process 4711, start 93c6f0a2".
[[nodiscard]] std::string job_holder();

/// The snapshot of the session's transaction, and of which database: equal texts see equal rows. Of a
/// standby, where that cannot be told, each call gives another text.
[[nodiscard]] std::string snapshot_identity(Connection& source, const std::stop_token& stop);

/// Which table that is and where its rows lie, with those of its partitions: another text once it was dropped
/// and made again, truncated or rewritten.
[[nodiscard]] std::string files_of_table(Connection& session, Oid table, const std::stop_token& stop);

}  // namespace leat::jobs_detail
