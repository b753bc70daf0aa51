#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

/// Options of a pool. Validated by ConnectionPool.
struct ConnectionPoolOptions {
  // Behaviour

  /// Options of each session. The pool's own errors have its `side` as their kind.
  SessionOptions session{};
  /// The longest wait for a connection while all of them are in use. Zero: no wait at all. The time for
  /// connecting is limited by session.connect_timeout.
  std::chrono::milliseconds acquire_timeout = std::chrono::seconds{30};

  // Performance

  /// How many sessions may be open at the same time, idle ones included: 1 to 10,000.
  std::size_t max_connections = 8;
  /// A session that was idle for longer is closed at the next checkout or return. Zero: no idle session is
  /// kept.
  std::chrono::milliseconds max_idle = std::chrono::seconds{60};
  /// A session that was idle for longer is checked (one round trip) before it is handed out. Zero: every
  /// session is checked.
  std::chrono::milliseconds health_check_after = std::chrono::seconds{5};
};

/// The state of a pool at one moment.
struct ConnectionPoolStats {
  std::size_t open = 0;     ///< handed out, idle, or being connected
  std::size_t idle = 0;     ///< ready to be handed out
  std::size_t waiting = 0;  ///< threads in acquire() that wait for a connection
};

class PooledConnection;

/// Keeps sessions with one server open and hands them out. Thread-safe.
///
/// A session returns to the pool only if it is open and outside of any transaction. The pool closes a session
/// that is broken, in a transaction or in the middle of a statement. A cancelled session is already closed.
///
/// Other changes that a user makes in a session (SET, temporary tables, advisory locks, LISTEN) are not
/// undone, since DISCARD ALL would also undo the settings that leat has pinned. Undo such changes, or call
/// PooledConnection::discard().
///
/// The pool may be destroyed before its handles: a session that returns later is closed. No thread may be in
/// acquire() then.
class LEAT_EXPORT ConnectionPool {
 public:
  /// Does not connect yet. @throws Error (config) for options that are out of bounds.
  ConnectionPool(ConnectionTarget target, ConnectionPoolOptions options);
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;
  ~ConnectionPool();

  /// Returns an idle session that was found alive; if there is none, a new one; if all are in use, the first
  /// that another thread returns.
  /// @throws Error of the session's side: 53300 if no session became free within acquire_timeout, or the
  /// errors of Connection::open. @throws Stopped on a stop request.
  [[nodiscard]] PooledConnection acquire(std::stop_token stop = {});

  [[nodiscard]] ConnectionPoolStats stats() const;

 private:
  friend class PooledConnection;
  struct State;

  std::shared_ptr<State> state_;
};

/// A session on loan; the destructor returns it to the pool. Move-only; a moved-from object holds no session.
/// Used by one thread at a time.
class LEAT_EXPORT PooledConnection {
 public:
  PooledConnection(PooledConnection&&) noexcept = default;
  PooledConnection& operator=(PooledConnection&& other) noexcept;
  ~PooledConnection();

  [[nodiscard]] Connection& operator*() noexcept { return *connection_; }
  [[nodiscard]] Connection* operator->() noexcept { return &*connection_; }

  /// Returns the session to the pool now.
  void release() noexcept;
  /// Closes the session instead of returning it; a running statement is cancelled.
  void discard() noexcept;

 private:
  friend class ConnectionPool;
  PooledConnection(std::shared_ptr<ConnectionPool::State> pool, Connection connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}

  std::shared_ptr<ConnectionPool::State> pool_;  // null: nothing on loan
  std::optional<Connection> connection_;
};

}  // namespace leat
