#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/log.hpp"
#include "leat/jobs/report/repair_report.hpp"
#include "leat/ledger/detail/drop_record.hpp"

namespace leat::jobs_detail {

/// What to do where another session holds the lock of the rebuild.
enum class RebuildLock {
  attempt,  ///< leave that table to it, unless it ends in a moment
  wait,     ///< it ends soon
};

/// The error of a table whose objects another session has dropped, with who that is.
[[nodiscard]] Error in_use(Connection& connection, Oid table, const std::string& message,
                           const std::stop_token& stop);
/// What makes an object again: build(), then finish().
using MakingStep = decltype(postgres_detail::build);
/// Takes such a step. @throws Error that tells which object it is,
/// with what the server says of it, and that hint if rows break it.
void make_again(MakingStep& step, Connection& connection, const postgres_detail::SecondaryObject& object,
                const TableName& table, const std::string& hint_if_broken, const std::stop_token& stop);
/// Whether an object of the record is there again, as it was. @throws Error (42P07, 42710) where something
/// else has its name.
[[nodiscard]] bool is_there(Connection& connection, const RecordedObject& one, const std::stop_token& stop);

/// What a user is told whose role may not read the record.
[[nodiscard]] std::string unreadable_record();

/// Where the record may not be used: why.
void require_usable(const RecordFacts& facts);

/// Brings back what the record had a moment ago, each object in a transaction of its own, and goes on where
/// one fails. Tells what became of each. @throws Error where the session is lost. @throws Stopped.
[[nodiscard]] std::vector<RepairedObject> restore_recorded(Connection& connection,
                                                           std::span<const RecordedObject> recorded,
                                                           RebuildLock lock, const Logger& log,
                                                           const std::stop_token& stop);

/// Before a run that keeps the indexes of these tables: brings back what earlier ones have left, where the
/// record may be used and nobody is at work on the table. Returns what was done. What this role may not do is
/// told there; what rows refuse, and constraints that are still missing, are thrown, since nothing would
/// check the rows that come.
[[nodiscard]] std::vector<std::string> restore_left(Connection& connection, std::span<const Oid> tables,
                                                    const Logger& log, const std::stop_token& stop);

}  // namespace leat::jobs_detail
