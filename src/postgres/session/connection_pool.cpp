#include "leat/postgres/session/connection_pool.hpp"

#include <poll.h>

#include <algorithm>
#include <string>
#include <utility>

#include "leat/postgres/session/detail/session_keeper.hpp"
#include "leat/postgres/session/sqlstate.hpp"
#include "postgres/session/session.hpp"

namespace leat {
namespace {

using postgres_detail::SessionAccess;

using postgres_detail::Clock;

constexpr std::size_t most_connections = 10'000;
constexpr std::chrono::milliseconds longest_limit = std::chrono::hours{24 * 365};

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
  pollfd polled{.fd = PQsocket(SessionAccess::handle(connection)), .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) != 0;
}

/// False for a session that cannot be handed out. A round trip is made only where `ask` is set or the socket
/// has input. @throws Stopped.
bool is_alive(Connection& connection, bool ask, const std::stop_token& stop) {
  if (!connection.is_idle()) return false;
  if (has_input(connection)) {
    if (PQconsumeInput(SessionAccess::handle(connection)) != 1) return false;
    ask = true;
  }
  if (!ask) return true;
  try {
    auto& session = SessionAccess::impl(connection);
    const auto limit = std::min(session.options.reply_timeout, session.options.connect_timeout.value());
    return session.run("SELECT 1", {}, limit, stop).rows() == 1 && connection.is_idle();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

/// Kept alive by the pool and by every handle.
struct ConnectionPool::State {
  State(ConnectionTarget where, ConnectionPoolOptions how)
      : target(std::move(where)),
        options(std::move(how)),
        keeper({.open =
                    [this](const std::stop_token& stop) {
                      return Connection::open(target, options.session, stop);
                    },
                .is_fit = [](const Connection& connection) { return connection.is_idle(); },
                .limit = options.max_connections,
                .max_idle = std::min(options.max_idle, longest_limit)}) {}

  [[nodiscard]] Error none_came() const {
    const auto limit = std::to_string(options.max_connections);
    return {options.session.side,
            "no connection of the pool became free within " +
                std::to_string(options.acquire_timeout.count()) + " ms: " + limit + " of " + limit +
                " are out",
            {.sqlstate = sqlstate::too_many_connections,
             .hint = "raise max_connections or acquire_timeout, or hold connections shorter"}};
  }

  const ConnectionTarget target;
  const ConnectionPoolOptions options;
  postgres_detail::SessionKeeper<Connection> keeper;
};

ConnectionPool::ConnectionPool(ConnectionTarget target, ConnectionPoolOptions options) {
  validate(options);
  state_ = std::make_shared<State>(std::move(target), std::move(options));
}

ConnectionPool::~ConnectionPool() {
  state_->keeper.close();
}

PooledConnection ConnectionPool::acquire(std::stop_token stop) {
  const auto& options = state_->options;
  const auto deadline = Clock::now() + std::min(options.acquire_timeout, longest_limit);
  while (true) {
    if (stop.stop_requested()) throw Stopped();
    auto lease = state_->keeper.lend_by(deadline, stop);
    if (!lease) throw state_->none_came();
    const auto since = lease->idle_since();
    if (!since || is_alive(**lease, Clock::now() - *since >= options.health_check_after, stop))
      return {state_, std::move(*lease).detach()};
    (*lease)->abort();
  }
}

ConnectionPoolStats ConnectionPool::stats() const {
  const auto counts = state_->keeper.counts();
  return {.open = counts.open, .idle = counts.idle, .waiting = counts.waiting};
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
  pool_->keeper.give_back(std::move(*connection_));
  connection_.reset();
  pool_.reset();
}

void PooledConnection::discard() noexcept {
  if (!pool_) return;
  connection_->abort();
  release();
}

}  // namespace leat
