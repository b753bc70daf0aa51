#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// The outcome of a transaction, as the server knows it by the transaction's number.
enum class TransactionStatus {
  committed,
  aborted,
  in_progress,  ///< its session is still working on it, perhaps on its COMMIT: ask again
  unknown,      ///< the server has forgotten it because it is too old, or never gave out that number
};

/// "committed", "aborted", "in_progress" or "unknown".
[[nodiscard]] LEAT_EXPORT std::string_view to_string(TransactionStatus status);

/// The number of the session's open transaction, with the epoch (64 bits). If the transaction has no number
/// yet, it gets one. Call it before the COMMIT whose answer may be lost.
/// @throws Error (config) outside of a transaction.
[[nodiscard]] LEAT_EXPORT std::uint64_t current_transaction_id(Connection& connection,
                                                               std::stop_token stop = {});

/// The outcome of a transaction of the same server. The session must not be in a transaction of its own. A
/// server that was restored, or that took over from another, may answer `unknown`, or may have given the
/// number to another transaction. If that is possible, rely on the ledger instead.
/// @throws Error as execute() does.
[[nodiscard]] LEAT_EXPORT TransactionStatus transaction_status(Connection& connection,
                                                               std::uint64_t transaction,
                                                               std::stop_token stop = {});

}  // namespace leat
