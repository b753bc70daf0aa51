#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/ledger_line.hpp"
#include "leat/ledger/ledger.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// The result of begin_slice().
enum class SliceBegin {
  begun,         ///< a transaction is open; COPY, end_slice() and COMMIT follow
  already_done,  ///< the slice is in the ledger; no transaction is open
};

// The rows of a slice and its row in the ledger are written in one transaction. So each slice is committed
// once, whatever is lost on the way, and whichever attempt commits it. The functions below use a session with
// the target that does nothing else meanwhile. Its lease may be lost at any time; a call then throws Error
// (target, 55000).

/// Records in the ledger that this session works for the lease, so that the next attempt can end it. Behind a
/// pooler it only checks the lease, since other clients may use the same server process.
LEAT_EXPORT void register_session(Connection& connection, const JobLease& lease, std::stop_token stop = {});

/// The same for another session of the process, by one that is in no transaction.
LEAT_EXPORT void register_session_of(Connection& connection, const Connection& other, const JobLease& lease,
                                     std::stop_token stop = {});

/// Opens a transaction (READ COMMITTED) and claims the slice in it, before any row is written. If another
/// transaction has claimed the slice, waits for its end for at most `lock_timeout` (zero: no limit).
/// @throws Error 55P03 after that time; no transaction is open then.
[[nodiscard]] LEAT_EXPORT SliceBegin begin_slice(Connection& connection, const JobLease& lease,
                                                 std::int64_t slice, std::chrono::milliseconds lock_timeout,
                                                 std::stop_token stop = {});

/// Stores a row that the slice has rejected, as texts. Called between begin_slice() and end_slice(): the row
/// is committed or rolled back with the slice. `number` must be different for each rejected row of the slice.
LEAT_EXPORT void keep_reject(Connection& connection, const JobLease& lease, std::int64_t slice,
                             std::int64_t number, std::span<const Parameter> fields,
                             std::stop_token stop = {});

/// Completes the work of begin_slice(); a COMMIT must follow. The slice is refused if it has been cut
/// meanwhile and `line.definition` is still the old one.
/// @throws Error (target, 55000).
LEAT_EXPORT void end_slice(Connection& connection, const JobLease& lease, const LedgerLine& line,
                           std::stop_token stop = {});

/// Both in a transaction that is open already and has the slice's rows; a COMMIT must follow. @throws Error
/// (target, 55000) also if the slice is in the ledger.
LEAT_EXPORT void put_slice(Connection& connection, const JobLease& lease, const LedgerLine& line,
                           std::chrono::milliseconds lock_timeout, std::stop_token stop = {});

/// Rows of the slices that workers of this attempt have committed.
[[nodiscard]] LEAT_EXPORT std::uint64_t rows_of_attempt(Connection& connection, const JobLease& lease,
                                                        std::stop_token stop = {});

/// Whether the slice is in the ledger, by this attempt or another: what a COMMIT whose answer was lost has
/// come to. Waits for a transaction that has claimed it, for at most `limit` (zero: without limit). On a
/// session that is in no transaction. @throws Error 55P03 after that: it is not known yet.
[[nodiscard]] LEAT_EXPORT bool was_committed(Connection& connection, const JobLease& lease,
                                             std::int64_t slice, std::chrono::milliseconds limit,
                                             std::stop_token stop = {});

}  // namespace leat
