#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// What begin_slice() has found.
enum class SliceBegin {
  begun,         ///< a transaction is open: COPY, end_slice(), COMMIT
  already_done,  ///< the slice is in the ledger; no transaction is open
};

// A slice's rows and its row in the ledger are one transaction, so each slice is committed once, whatever is
// lost on the way, and by whichever attempt. The functions below work on a session with the target that is
// used for nothing else meanwhile; its lease may be lost at any time, which is told as Error (target, 55000).

/// Tells the ledger that this session works for the lease, so that the next attempt can end it.
/// Behind a pooler it only looks at the lease: the server's process is not this session's alone.
void register_session(Connection& connection, const JobLease& lease, std::stop_token stop = {});

/// Opens a transaction (READ COMMITTED) and claims the slice in it, before a row is written. Where another
/// transaction has claimed it, waits for its end for at most `lock_timeout` (zero: without limit).
/// @throws Error 55P03 after that; no transaction is open then.
[[nodiscard]] SliceBegin begin_slice(Connection& connection, const JobLease& lease, std::int64_t slice,
                                     std::chrono::milliseconds lock_timeout, std::stop_token stop = {});

/// Keeps a row that the slice has rejected, as texts, between begin_slice() and end_slice(): it stands or
/// falls with the slice. `number` is another one for each of the slice's.
void keep_reject(Connection& connection, const JobLease& lease, std::int64_t slice, std::int64_t number,
                 std::span<const Parameter> fields, std::stop_token stop = {});

/// Completes what begin_slice() has begun; a COMMIT is to follow. `slice.definition` is what was read: where
/// the slice has been cut meanwhile and that is not known here, it is refused. @throws Error (target, 55000).
void end_slice(Connection& connection, const JobLease& lease, const PlannedSlice& slice, std::int64_t rows,
               std::int64_t bytes, std::stop_token stop = {});

/// Rows of the slices that workers of this attempt have committed.
[[nodiscard]] std::uint64_t rows_of_attempt(Connection& connection, const JobLease& lease,
                                            std::stop_token stop = {});

/// Whether the slice is in the ledger, by this attempt or another: what a COMMIT whose answer was lost has
/// come to. Waits for a transaction that has claimed it, for at most `limit` (zero: without limit). On a
/// session that is in no transaction. @throws Error 55P03 after that: it is not known yet.
[[nodiscard]] bool was_committed(Connection& connection, const JobLease& lease, std::int64_t slice,
                                 std::chrono::milliseconds limit, std::stop_token stop = {});

}  // namespace leat
