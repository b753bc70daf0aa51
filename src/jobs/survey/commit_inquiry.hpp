#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/retry.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// How long a COMMIT is still asked for after a stop, which is to end the job soon.
inline constexpr std::chrono::milliseconds longest_inquiry_after_stop{1500};

/// How often is asked meanwhile.
[[nodiscard]] RetryPolicy inquiry_pace();

/// Within one run of a server a transaction's number is given once. After a crash, and by a server that took
/// over, it may be given again. Empty where transactions cannot be asked for.
[[nodiscard]] std::string server_run(Connection& session, const std::stop_token& stop);

/// The same in two steps: an expression that tells whether transactions can be asked for, and what to ask
/// then.
[[nodiscard]] std::string may_ask_run_sql(int server_version);
/// A crash loses the statistics, whose new ones begin then; every other restart keeps them.
inline constexpr const char* server_run_query =
    "SELECT pg_catalog.date_part('epoch', pg_catalog.pg_stat_get_bgwriter_stat_reset_time())";

/// COMMIT of a transaction that no ledger tells of, on the server of that run. Where the answer is lost, or a
/// stop comes before it, the server is asked on a new session what became of the transaction: for as long as
/// three connect_timeouts where no session can be had, for the shorter one of reply_timeout and
/// silence_timeout while the server still works on it, and for 1.5 s once a stop was requested. When it was
/// committed the remark that says so is returned, and `session` is a new one, or closed where none could be
/// had. `number`: the transaction's, where it is known already.
/// @throws Error: in_doubt() only where the server could not tell. @throws Stopped: nothing was committed.
[[nodiscard]] std::optional<std::string> commit_or_ask(Connection& session, const std::string& run,
                                                       const std::stop_token& stop,
                                                       std::optional<std::uint64_t> number = {});

/// What is thrown in place of a COMMIT's error in doubt where the rows are known not to be there: the
/// connection was lost, no more, so that another attempt may follow.
[[nodiscard]] Error not_committed(const Error& doubtful);

}  // namespace leat::jobs_detail
