#pragma once

#include <optional>
#include <utility>

#include "jobs/prepare/early_session.hpp"
#include "jobs/tables/table_set.hpp"
#include "leat/postgres/session/detail/session_keeper.hpp"

namespace leat::jobs_detail {

/// The sessions of one thread, the target's outside of any transaction. They are used again if the thread
/// says that they work. Else they are closed, and with them their transactions.
struct SessionPair : JobSessions {
  bool works = false;
};

/// Pairs of sessions for tables that are copied at the same time, the sources all in one snapshot. If the
/// servers give no more sessions, threads wait for the pairs of others. Thread-safe.
using SessionPairs = postgres_detail::SessionKeeper<SessionPair>;

/// Opens a pair whose source reads in the set's snapshot. `target`: the session with it, where there is one.
[[nodiscard]] inline SessionPair open_pair(const CopyTablesOptions& options, const TableSet& set,
                                           std::shared_ptr<Connection> target, const std::stop_token& stop) {
  SessionPair pair{{.target = std::move(target)}};
  std::optional<EarlySession> early;
  if (!pair.target) early.emplace(options.target, ErrorKind::target, options.stream, stop);
  pair.source = connect(options.source, ErrorKind::source, options.stream, stop);
  if (early) pair.target = early->take();
  pair.source->begin_with_next(source_transaction, stop);
  try {
    static_cast<void>(pair.source->execute(
        "SET TRANSACTION SNAPSHOT " + pair.source->quote_literal(set.snapshot), {}, stop));
  } catch (const Error& error) {
    if (!pair.source->is_open()) throw;
    throw Error(ErrorKind::source,
                "the session that held the snapshot of all tables was ended, so that no other can join it",
                {.sqlstate = "55000", .detail = error.what(), .hint = "run the job again"});
  }
  return pair;
}

}  // namespace leat::jobs_detail
