#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/session/connection_target.hpp"
#include "leat/postgres/session/result.hpp"
#include "leat/postgres/session/session_options.hpp"

namespace leat {

namespace postgres_detail {
struct SessionAccess;
}

/// A statement's parameter in text form; nullopt is NULL.
using Parameter = std::optional<std::string>;

/// One of several statements that are sent together. Its parameters and its rows are text.
struct Statement {
  std::string sql{};  ///< one statement
  std::vector<Parameter> parameters{};
};

/// The format in which Connection::execute receives a statement's rows.
enum class ResultFormat {
  text,
  binary,
};

/// One session with a PostgreSQL server. Statements, raw COPY and libpqxx (see
/// leat/postgres/session/pqxx.hpp) can all use it, and so share a transaction.
///
/// Every wait is a poll on the socket and on a wake-up descriptor. A stop request ends the wait at once, and
/// its time limit ends it in any case. If a wait ends in the middle of a statement, the statement is
/// cancelled on the server and the session is closed. Used by one thread at a time. The destructor cancels a
/// running statement, then closes the session.
class LEAT_EXPORT Connection {
 public:
  /// Connects, and pins all settings that decide how values are printed and how long the server waits.
  /// @throws Error (of options.side; 08001 or the server's SQLSTATE) if there is no server, if it refuses, or
  /// if it does not answer within connect_timeout. @throws Stopped on a stop request.
  [[nodiscard]] static Connection open(const ConnectionTarget& target, SessionOptions options,
                                       std::stop_token stop = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs one statement with parameters ($1, …) and waits for its end, for at most reply_timeout.
  /// @throws Error with the server's SQLSTATE, message, detail, hint and context; Error (config, 22021) if
  /// the SQL or a value contains a NUL byte. @throws Stopped.
  Result execute(const std::string& sql, std::span<const Parameter> parameters = {},
                 std::stop_token stop = {});

  /// The same for statements that may take long on the server (DELETE, COMMIT, FETCH): the limit is
  /// silence_timeout.
  Result execute_long(const std::string& sql, std::span<const Parameter> parameters = {},
                      std::stop_token stop = {});

  /// Sends several statements together, so that a slow link costs one round trip, and returns their results
  /// in the same order. Each result may take reply_timeout. If a transaction is open, the statements are a
  /// part of it; else they are one transaction. None of them may be a COPY.
  /// @throws Error of the first statement that fails, as execute() does; no later statement is run. If a
  /// transaction was open, has_failed() is true then; else none of the statements has an effect.
  /// @throws Stopped.
  std::vector<Result> execute_all(std::span<const Statement> statements, std::stop_token stop = {});

  /// BEGIN with the given modes: "ISOLATION LEVEL REPEATABLE READ READ ONLY".
  void begin(std::string_view modes = {}, std::stop_token stop = {});

  /// The same without a round trip: BEGIN is sent together with the next statement or COPY. If BEGIN fails,
  /// that statement throws the error. in_transaction() is true from now on. Behind a connection pooler this
  /// is begin().
  /// @throws Error (config) in a transaction. @throws Stopped.
  void begin_with_next(std::string_view modes = {}, std::stop_token stop = {});
  /// True between begin_with_next() and the next statement.
  [[nodiscard]] bool begins_with_next() const noexcept;

  /// COMMIT. If a stop request arrives while the server commits, the call waits for at most `cancel_timeout`
  /// more.
  /// @throws Error; its in_doubt() is true if the outcome could not be learned.
  void commit(std::stop_token stop = {});

  /// ROLLBACK. If the session is broken or cannot answer, closes it instead. Never throws.
  void rollback() noexcept;

  /// Cancels the running statement on the server (within cancel_timeout), then closes the session.
  /// Idempotent.
  void abort() noexcept;

  /// The text as a literal in quotes, by the server's rules. @throws Error (config, 22021) for a NUL byte.
  [[nodiscard]] std::string quote_literal(std::string_view text) const;

  /// Why the server has ended this session, if it has said so between two statements. Never waits.
  [[nodiscard]] std::optional<Error> last_words() noexcept;

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  /// The session will serve many jobs: what each of them asks of the catalogs is prepared by the server.
  void serve_many_jobs() noexcept;
  /// From now on notices and statements are told to another log than that of its options.
  void log_to(Logger log);

  /// True if a statement of the open transaction has failed, so that only ROLLBACK is possible.
  [[nodiscard]] bool has_failed() const noexcept;
  /// True if the session waits for a statement, outside of any transaction.
  [[nodiscard]] bool is_idle() const noexcept;
  /// The server's version in PostgreSQL's numbering: 150018 is 15.18.
  [[nodiscard]] int server_version() const noexcept;
  /// True if there is a connection pooler in between (PgBouncer, with any pool_mode), which may give each
  /// transaction another server session. leat leaves no settings in server sessions then: begin() pins
  /// settings for the transaction, execute() for a statement that reads or changes rows, and CopyReader and
  /// CopyWriter for their COPY. Settings and locks that a user makes outside of a transaction stay in a
  /// server session that may then serve another client.
  [[nodiscard]] bool is_pooled() const noexcept;
  /// The server process of this session, as pg_stat_activity shows it. Behind a pooler it is the process that
  /// Connection::open found; other statements may run in other processes.
  [[nodiscard]] int backend_pid() const noexcept;
  [[nodiscard]] const SessionOptions& options() const noexcept;
  [[nodiscard]] const ConnectionTarget& target() const noexcept;
  /// The server, database and role of this session, as connected, wherever they were named (the environment,
  /// a service file, one of several hosts): "host=db1 port=5432 dbname=shop user=etl".
  [[nodiscard]] std::string endpoint() const;

  struct Impl;

 private:
  friend struct postgres_detail::SessionAccess;

  explicit Connection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace leat
