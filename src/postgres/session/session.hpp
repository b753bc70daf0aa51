#pragma once

#include <libpq-fe.h>
#include <map>
#include <set>

#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/detail/session_access.hpp"
#include "postgres/session/name_lookup.hpp"
#include "postgres/session/wait.hpp"

namespace leat {

/// A session's state and its waits: what Connection, CopyReader, CopyWriter and Cursor share.
struct Connection::Impl {
  Impl(ConnectionTarget where, SessionOptions how) : target(std::move(where)), options(std::move(how)) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void connect(const std::stop_token& stop);
  /// Puts addresses beside the names of hosts in `where`, within the limit for connecting, and returns what
  /// was looked up. @throws Error if no host is left. @throws Stopped.
  [[nodiscard]] std::vector<postgres_detail::FoundName> look_up_hosts(
      ConnectionTarget& where, postgres_detail::Clock::time_point start, const std::stop_token& stop);
  void pin_session(const std::stop_token& stop);

  /// Sends one statement; returns when libpq has taken and flushed it.
  void send(const std::string& sql, std::span<const Parameter> parameters, ResultFormat format,
            postgres_detail::Clock::time_point deadline, const std::stop_token& stop);
  /// The next result of what was sent, or an empty one after the last. Errors are thrown.
  Result next_result(postgres_detail::Clock::time_point deadline, const std::stop_token& stop);
  /// Reads to the end of what was sent and returns the last result.
  Result finish_statement(postgres_detail::Clock::time_point deadline, const std::stop_token& stop);
  /// Reads what follows a failed statement's error, within cancel_timeout.
  void drain_after_error() noexcept;
  /// Waits for the answer to COMMIT; a stop request shortens the wait to cancel_timeout.
  Result finish_commit(const std::stop_token& stop);
  Result run(const std::string& sql, std::span<const Parameter> parameters, std::chrono::milliseconds limit,
             const std::stop_token& stop);
  /// The same under leat's settings also where they hold for a transaction only.
  Result run_pinned(const std::string& sql, std::span<const Parameter> parameters,
                    std::chrono::milliseconds limit, const std::stop_token& stop);
  /// BEGIN with these modes where settings hold for a transaction only. A failure leaves none open.
  void begin_pinned(std::string_view modes, std::chrono::milliseconds limit, const std::stop_token& stop);
  /// Statements that are sent as one are one transaction: where the settings are wanted, they and `sql`.
  /// Takes a BEGIN along that waits for it.
  [[nodiscard]] std::string with_settings(const std::string& sql);
  /// Connection::execute_all() within `limit` for each statement. What throws has added the results of those
  /// before.
  void run_all(std::span<const Statement> statements, std::vector<Result>& results,
               std::chrono::milliseconds limit, const std::stop_token& stop);
  /// The same of leat's own questions, which a session that serves many jobs has the server prepare.
  void ask_all(std::span<const Statement> statements, std::vector<Result>& results,
               std::chrono::milliseconds limit, const std::stop_token& stop);
  /// The same as they are, in the transaction that is open or in one for all; without a libpq that knows
  /// pipelines one by one. Of a failed one the error is thrown when the server has said all.
  void run_pipeline(std::span<const Statement> statements, std::vector<Result>& results,
                    std::chrono::milliseconds limit, const std::stop_token& stop);
  /// Sends a BEGIN that waits for the next statement, where that cannot take it along.
  void send_begin(postgres_detail::Clock::time_point deadline, const std::stop_token& stop);
  /// ROLLBACK of an open transaction. A session that is broken or cannot answer is closed instead.
  void roll_back() noexcept;

  /// Flushes libpq's output while reading what the server has to say, so that neither side blocks the other.
  void flush(postgres_detail::Clock::time_point deadline, const std::stop_token& stop);
  /// Waits for the socket. @throws Error on the deadline, Stopped on a stop; both close the session first.
  void wait(postgres_detail::Readiness readiness, postgres_detail::Clock::time_point deadline,
            const std::stop_token& stop);

  [[nodiscard]] postgres_detail::Clock::time_point in(std::chrono::milliseconds limit) const {
    return postgres_detail::Clock::now() + limit;
  }
  [[nodiscard]] postgres_detail::Clock::time_point silence_deadline() const {
    return in(options.silence_timeout);
  }

  /// As PQtransactionStatus has it, also for what libpq has not seen.
  [[nodiscard]] PGTransactionStatusType transaction_status() const noexcept;

  void log_statement(std::string_view sql) const;
  void refuse_nul(const std::string& sql, std::span<const Parameter> parameters) const;

  /// True where the settings hold for a transaction only and none is open.
  [[nodiscard]] bool wants_settings() const noexcept {
    return !local_settings.empty() && transaction_status() == PQTRANS_IDLE;
  }

  void require_open() const;
  void abort() noexcept;
  void close() noexcept;

  /// The error that a failed result, or the connection's last failure, stands for.
  [[nodiscard]] Error error_from(const pg_result* result) const;
  /// The same error, whose position is not one in all that was sent but in the statement that was given.
  [[nodiscard]] Error in_statement(const Error& error) const;
  [[nodiscard]] Error connection_error() const;

  // Constant after connect()
  ConnectionTarget target;
  SessionOptions options;
  int backend = 0;  // behind a pooler that of the first statement; 0 before that
  // What each transaction sets for itself; empty where the session is this process's alone.
  std::string local_settings{};

  // Used by one thread at a time
  PGconn* conn = nullptr;
  postgres_detail::WakeUp wake_up;
  std::string begin_sql{};  // a BEGIN that goes along with the next statement; empty where none waits
  // Characters of leat's own before the statement: of the one that is sent next, and of the one that was
  // sent.
  std::size_t before_next = 0;
  std::size_t before_sent = 0;
  bool repeats = false;  // the session serves many jobs
  bool is_asking = false;
  // Questions that were asked: zero, and from the second time on the number by which the server knows them.
  std::map<std::string, std::uint64_t> questions{};
  std::uint64_t prepared = 0;  // numbers given so far
  mutable std::set<std::string> asked{};

  [[nodiscard]] bool asks_first(const std::string& what) const {
    return !repeats || asked.insert(what).second;
  }
  std::uint64_t notices = 0;
  std::uint64_t cursors = 0;
  bool wire_active = false;  // a COPY runs past libpq: see CopyWire
  // Why the server has ended the session, if it said so between two statements.
  std::optional<Error> last_words{};
  // What ReadyForQuery said after the last COPY that ran past libpq; zero once libpq has heard a later one.
  char wire_status = 0;
};

namespace postgres_detail {

/// Asks the server to cancel what `session` runs, within its cancel_timeout. Best effort; never throws.
void cancel_statement(const Connection::Impl& session) noexcept;

/// Libpq's start-up parameters for a session: the target's own and leat's defaults below them.
[[nodiscard]] PGconn* start_connecting(const ConnectionTarget& target, const SessionOptions& options);

}  // namespace postgres_detail
}  // namespace leat
