#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "leat/postgres/session/connection_target.hpp"
#include "leat/postgres/session/result.hpp"
#include "leat/postgres/session/session_options.hpp"

struct pg_conn;

namespace leat {

/// A statement's parameter in text form; nullopt is NULL.
using Parameter = std::optional<std::string>;

/// How Connection::execute wants a statement's rows.
enum class ResultFormat {
  text,
  binary,
};

/// One session with a PostgreSQL server, for statements, raw COPY and libpqxx (see leat/postgres/pqxx.hpp)
/// alike, so that all of them share a transaction.
///
/// Every wait is a poll on the socket and a wake-up descriptor: a stop request ends it at once, its limit
/// ends it in any case. A session whose wait was ended in the middle of a statement is cancelled on the
/// server and closed. Used by one thread at a time. The destructor cancels what still runs, then closes.
class Connection {
 public:
  /// Connects and pins what influences how values are printed and how long the server waits.
  /// @throws Error (of options.side; 08001 or the server's SQLSTATE) when there is no server, it refuses, or
  /// does not
  ///         answer within connect_timeout. @throws Stopped on a stop request.
  [[nodiscard]] static Connection open(const ConnectionTarget& target, SessionOptions options,
                                       std::stop_token stop = {});

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// Runs one statement with parameters ($1, …) and waits for its end, at most reply_timeout.
  /// @throws Error with the server's SQLSTATE, message, detail, hint and context; (config, 22021) where the
  /// SQL or a value contains a NUL byte. @throws Stopped.
  Result execute(const std::string& sql, std::span<const Parameter> parameters = {},
                 std::stop_token stop = {});

  /// The same for what may work for long on the server (DELETE, COMMIT, FETCH): at most silence_timeout.
  Result execute_long(const std::string& sql, std::span<const Parameter> parameters = {},
                      std::stop_token stop = {});

  /// BEGIN with the given modes, e.g. "ISOLATION LEVEL REPEATABLE READ READ ONLY".
  void begin(std::string_view modes = {}, std::stop_token stop = {});

  /// COMMIT. A stop request that arrives while the server commits is answered by waiting for at most
  /// `cancel_timeout` more. @throws Error; its in_doubt() is true when the outcome could not be learned.
  void commit(std::stop_token stop = {});

  /// ROLLBACK; on a session that is broken or cannot answer it closes it instead. Never throws.
  void rollback() noexcept;

  /// Cancels on the server what this session runs (bounded by cancel_timeout), then closes it. Idempotent.
  void abort() noexcept;

  /// A literal quoted by the server's rules, in quotes. @throws Error (config, 22021) for a NUL byte.
  [[nodiscard]] std::string quote_literal(std::string_view text) const;

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  /// True when a statement of the open transaction has failed, so that it takes nothing but ROLLBACK.
  [[nodiscard]] bool has_failed() const noexcept;
  /// True when the session waits for a statement, outside of any transaction.
  [[nodiscard]] bool is_idle() const noexcept;
  /// The server's version as PostgreSQL counts: 150018 is 15.18.
  [[nodiscard]] int server_version() const noexcept;
  /// True when a connection pooler (PgBouncer, whatever its pool_mode) stands in between, which may give each
  /// transaction another server session. Nothing is left in these: begin() pins for the transaction,
  /// execute() for a statement that reads or changes rows, and CopyReader and CopyWriter for their COPY. What
  /// a user sets or locks outside of a transaction is in a session that is somebody else's then.
  [[nodiscard]] bool is_pooled() const noexcept;
  /// The server process of this session, as pg_stat_activity shows it. Behind a pooler it is the one that
  /// Connection::open found, and maybe no other statement's.
  [[nodiscard]] int backend_pid() const noexcept;
  [[nodiscard]] const SessionOptions& options() const noexcept;
  [[nodiscard]] const ConnectionTarget& target() const noexcept;
  /// With what the session is really connected, whoever named it (the environment, a service file, one of
  /// several hosts): "host=db1 port=5432 dbname=shop user=etl".
  [[nodiscard]] std::string endpoint() const;

  /// The libpq handle. It stays this object's own; non-blocking mode is on.
  [[nodiscard]] pg_conn* raw() const noexcept;

  struct Impl;
  /// For leat's own readers and writers.
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  explicit Connection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace leat
