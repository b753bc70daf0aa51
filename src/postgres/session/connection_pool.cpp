#include "leat/postgres/session/connection_pool.hpp"

#include <poll.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "postgres/session/session.hpp"

namespace leat {
namespace {

using postgres_detail::Clock;

constexpr std::size_t most_connections = 10'000;
constexpr std::chrono::milliseconds longest_acquire = std::chrono::hours{24 * 365};

void validate(const ConnectionPoolOptions& options) {
  const auto require = [](bool holds, const char* rule) {
    if (!holds) throw Error(ErrorKind::config, std::string("ConnectionPoolOptions.") + rule);
  };
  require(options.max_connections >= 1 && options.max_connections <= most_connections,
          "max_connections must be 1 to 10000");
  require(options.acquire_timeout.count() >= 0, "acquire_timeout is negative");
  require(options.max_idle.count() >= 0, "max_idle is negative");
  require(options.health_check_after.count() >= 0, "health_check_after is negative");
}

/// True when an idle session has something to say: a notice, its end, or a broken socket.
bool has_input(Connection& connection) {
  pollfd polled{.fd = PQsocket(connection.raw()), .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) != 0;
}

/// False for a session that cannot be handed out. A round trip is made only where `ask` is set or the socket
/// has input. @throws Stopped.
bool is_alive(Connection& connection, bool ask, const std::stop_token& stop) {
  if (!connection.is_idle()) return false;
  if (has_input(connection)) {
    if (PQconsumeInput(connection.raw()) != 1) return false;
    ask = true;
  }
  if (!ask) return true;
  try {
    auto& session = connection.impl();
    const auto limit = std::min(session.options.reply_timeout, session.options.connect_timeout);
    return session.run("SELECT 1", {}, limit, stop).rows() == 1 && connection.is_idle();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

/// Kept alive by the pool and by every handle. Invariant: idle.size() <= open <= options.max_connections.
struct ConnectionPool::State {
  struct IdleConnection {
    Connection connection;
    Clock::time_point since;
  };

  State(ConnectionTarget where, ConnectionPoolOptions how)
      : target(std::move(where)), options(std::move(how)) {
    idle.reserve(options.max_connections);
  }

  /// Waits for an idle session or for the right to open one: then the result is empty and `open` counts it
  /// already.
  std::optional<IdleConnection> take(Clock::time_point deadline, const std::stop_token& stop);
  /// Removes the sessions that were idle for too long; the caller closes them, outside of the lock.
  [[nodiscard]] std::vector<IdleConnection> expired(Clock::time_point now);
  /// A session was closed, or could not be opened.
  void forget(std::size_t count) noexcept;
  void give_back(Connection& connection) noexcept;
  /// Closes the sessions that were idle for too long, one by one, so that it needs no memory.
  void close_expired(Clock::time_point now) noexcept;

  // Constant after construction
  const ConnectionTarget target;
  const ConnectionPoolOptions options;

  // Guarded by mutex
  mutable std::mutex mutex;
  std::condition_variable_any changed;
  std::vector<IdleConnection> idle;  // the longest idle first; never grows beyond what was reserved
  std::size_t open = 0;
  std::size_t waiting = 0;
  bool closed = false;
};

auto ConnectionPool::State::expired(Clock::time_point now) -> std::vector<IdleConnection> {
  const auto fresh = std::find_if(idle.begin(), idle.end(),
                                  [&](const auto& entry) { return now - entry.since <= options.max_idle; });
  std::vector<IdleConnection> out(std::make_move_iterator(idle.begin()), std::make_move_iterator(fresh));
  idle.erase(idle.begin(), fresh);
  return out;
}

void ConnectionPool::State::forget(std::size_t count) noexcept {
  if (count == 0) return;
  const std::lock_guard lock(mutex);
  open -= count;
  changed.notify_all();
}

auto ConnectionPool::State::take(Clock::time_point deadline, const std::stop_token& stop)
    -> std::optional<IdleConnection> {
  std::vector<IdleConnection> old;
  std::optional<IdleConnection> taken;
  {
    std::unique_lock lock(mutex);
    old = expired(Clock::now());
    const auto available = [this] { return !idle.empty() || open < options.max_connections; };
    if (!available() && old.empty()) {
      ++waiting;
      const bool came = changed.wait_until(lock, stop, deadline, available);
      --waiting;
      if (!came) {
        if (stop.stop_requested()) throw Stopped();
        const auto limit = std::to_string(options.max_connections);
        throw Error(options.session.side,
                    "no connection of the pool became free within " +
                        std::to_string(options.acquire_timeout.count()) +
                        " ms: " + std::to_string(open - idle.size()) + " of " + limit + " are out",
                    {.sqlstate = "53300",
                     .hint = "raise max_connections or acquire_timeout, or hold connections shorter"});
      }
    }
    if (!idle.empty()) {
      taken.emplace(std::move(idle.back()));
      idle.pop_back();
    } else if (old.empty()) {
      ++open;
    }
    // Else the place of one that is closed below is used.
  }
  if (!old.empty()) {
    const std::size_t kept = taken ? 0 : 1;
    const std::size_t closing = old.size();
    old.clear();
    forget(closing - kept);
  }
  return taken;
}

void ConnectionPool::State::give_back(Connection& connection) noexcept {
  const auto now = Clock::now();
  bool keep = connection.is_idle();
  if (keep) {
    const std::lock_guard lock(mutex);
    keep = !closed;
    if (keep) {
      idle.push_back({std::move(connection), now});
      changed.notify_one();
    }
  }
  if (!keep) {
    connection.abort();
    forget(1);
  }
  close_expired(now);
}

void ConnectionPool::State::close_expired(Clock::time_point now) noexcept {
  while (true) {
    std::optional<IdleConnection> old;
    {
      const std::lock_guard lock(mutex);
      if (idle.empty() || now - idle.front().since <= options.max_idle) return;
      old.emplace(std::move(idle.front()));
      idle.erase(idle.begin());
    }
    old.reset();
    forget(1);
  }
}

ConnectionPool::ConnectionPool(ConnectionTarget target, ConnectionPoolOptions options) {
  validate(options);
  state_ = std::make_shared<State>(std::move(target), std::move(options));
}

ConnectionPool::~ConnectionPool() {
  std::vector<State::IdleConnection> idle;
  {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    idle.swap(state_->idle);
    state_->open -= idle.size();
  }
}

PooledConnection ConnectionPool::acquire(std::stop_token stop) {
  State& state = *state_;
  const auto deadline = Clock::now() + std::min(state.options.acquire_timeout, longest_acquire);
  while (true) {
    if (stop.stop_requested()) throw Stopped();
    auto taken = state.take(deadline, stop);
    try {
      if (!taken) return {state_, Connection::open(state.target, state.options.session, stop)};
      const bool ask = Clock::now() - taken->since >= state.options.health_check_after;
      if (is_alive(taken->connection, ask, stop)) return {state_, std::move(taken->connection)};
    } catch (...) {
      taken.reset();
      state.forget(1);
      throw;
    }
    taken.reset();
    state.forget(1);
  }
}

ConnectionPoolStats ConnectionPool::stats() const {
  const std::lock_guard lock(state_->mutex);
  return {.open = state_->open, .idle = state_->idle.size(), .waiting = state_->waiting};
}

PooledConnection& PooledConnection::operator=(PooledConnection&& other) noexcept {
  if (this != &other) {
    release();
    pool_ = std::move(other.pool_);
    connection_ = std::move(other.connection_);
  }
  return *this;
}

PooledConnection::~PooledConnection() {
  release();
}

void PooledConnection::release() noexcept {
  if (!pool_) return;
  pool_->give_back(*connection_);
  connection_.reset();
  pool_.reset();
}

void PooledConnection::discard() noexcept {
  if (!pool_) return;
  connection_->abort();
  release();
}

}  // namespace leat
