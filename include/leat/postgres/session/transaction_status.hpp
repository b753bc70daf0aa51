#pragma once

#include <cstdint>
#include <stop_token>
#include <string_view>

#include "leat/postgres/session/connection.hpp"

namespace leat {

/// What the server knows of a transaction by its number.
enum class TransactionStatus {
  committed,
  aborted,
  in_progress,  ///< its session still works on it, perhaps on its COMMIT: ask again
  unknown,      ///< so old that the server has forgotten it, or a number that it has not given
};

/// "committed", "aborted", "in_progress" or "unknown".
[[nodiscard]] std::string_view to_string(TransactionStatus status);

/// The number of the session's open transaction, with the epoch (64 bits); it gets one if it has none. To be
/// asked for before the COMMIT whose answer may be lost.
/// @throws Error (config) outside of a transaction.
[[nodiscard]] std::uint64_t current_transaction_id(Connection& connection, std::stop_token stop = {});

/// What became of a transaction of the same server. For a session that is in no transaction of its own. A
/// server that was restored, or that took over from another, may say unknown or have given the number again:
/// where that can be, the ledger is what tells.
/// @throws Error as execute() does.
[[nodiscard]] TransactionStatus transaction_status(Connection& connection, std::uint64_t transaction,
                                                   std::stop_token stop = {});

}  // namespace leat
