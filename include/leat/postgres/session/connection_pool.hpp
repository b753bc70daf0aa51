#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>

#include "leat/postgres/session/connection.hpp"

namespace leat {

/// How a pool behaves. Validated by ConnectionPool.
struct ConnectionPoolOptions {
  // Behaviour

  /// How each session behaves; its `side` is the kind of the pool's own errors, too.
  SessionOptions session{};
  /// The longest wait for a connection while all of them are out. Zero: no wait at all. Connecting itself is
  /// bounded by session.connect_timeout.
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds{30};

  // Performance

  /// Sessions open at the same time, idle ones included: 1 to 10,000.
  std::size_t max_connections = 8;
  /// A session that was idle for longer is closed by the next checkout or return. Zero: none is kept.
  std::chrono::milliseconds max_idle = std::chrono::seconds{60};
  /// A session that was idle for longer is asked whether it lives (one round trip) before it is handed out.
  /// Zero: each is asked.
  std::chrono::milliseconds health_check_after = std::chrono::seconds{5};
};

/// What a pool holds at a moment.
struct ConnectionPoolStats {
  std::size_t open = 0;     ///< handed out, idle, or being connected
  std::size_t idle = 0;     ///< ready to be handed out
  std::size_t waiting = 0;  ///< threads in acquire() that wait for a connection
};

class PooledConnection;

/// Keeps sessions with one server open and hands them out. Thread-safe.
///
/// A session goes back to the pool only when it is open and outside of any transaction; one that is closed,
/// broken, in a transaction or in the middle of a statement is closed instead, and a cancelled one is closed
/// already. What else a user changed in a session (SET, temporary tables, advisory locks, LISTEN) is not
/// undone, since DISCARD ALL would undo what leat has pinned: undo it, or PooledConnection::discard() the
/// session.
///
/// The pool may go before its handles do: a session that comes back later is closed. No thread may be in
/// acquire().
class ConnectionPool {
 public:
  /// Connects to nothing yet. @throws Error (config) for options out of their bounds.
  ConnectionPool(ConnectionTarget target, ConnectionPoolOptions options);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// An idle session that was found alive, else a new one, else the first that another thread gives back.
  /// @throws Error of the session's side: 53300 when none became free within acquire_timeout, or what
  ///         Connection::open throws. @throws Stopped on a stop request.
  [[nodiscard]] PooledConnection acquire(std::stop_token stop = {});

  [[nodiscard]] ConnectionPoolStats stats() const;

 private:
  friend class PooledConnection;
  struct State;

  std::shared_ptr<State> state_;
};

/// A session on loan; its destructor gives it back. Move-only; an object that was moved from holds none.
/// Used by one thread at a time.
class PooledConnection {
 public:
  PooledConnection(PooledConnection&&) noexcept = default;
  PooledConnection& operator=(PooledConnection&& other) noexcept;
  ~PooledConnection();

  [[nodiscard]] Connection& operator*() noexcept { return *connection_; }
  [[nodiscard]] Connection* operator->() noexcept { return &*connection_; }

  /// Gives the session back now.
  void release() noexcept;
  /// Closes the session instead of giving it back; what it still runs is cancelled.
  void discard() noexcept;

 private:
  friend class ConnectionPool;
  PooledConnection(std::shared_ptr<ConnectionPool::State> pool, Connection connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}

  std::shared_ptr<ConnectionPool::State> pool_;  // null: nothing on loan
  std::optional<Connection> connection_;
};

}  // namespace leat
