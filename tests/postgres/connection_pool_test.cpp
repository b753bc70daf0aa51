#include "leat/postgres/session/connection_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <vector>

#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::ConnectionPool;
using leat::ErrorKind;
using leat::Parameter;

namespace {

ConnectionPool make_pool(leat::ConnectionPoolOptions options = {}) {
  return ConnectionPool(TestServer::instance().target(), std::move(options));
}

std::int64_t sessions_named(leat::Connection& observer, const std::string& name) {
  const std::array<Parameter, 1> parameters{name};
  return observer.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", parameters)
      .integer(0, 0);
}

/// A thread that waits in acquire(), once constructed; its destructor ends the wait.
class Waiter {
 public:
  explicit Waiter(ConnectionPool& pool)
      : thread_([this, &pool](const std::stop_token& stop) {
          try {
            received_ = pool.acquire(stop)->backend_pid();
          } catch (const leat::Stopped&) {
            return;
          }
        }) {
    REQUIRE(eventually([&] { return pool.stats().waiting == 1; }));
  }

  /// The backend of the session that it got; 0 when it gets none.
  [[nodiscard]] int received() {
    eventually([this] { return received_ != 0; });
    return received_;
  }

 private:
  std::atomic<int> received_ = 0;
  std::jthread thread_;  // Last: it ends before what it uses goes
};

}  // namespace

TEST_CASE("Pool: options out of bounds are refused", "[postgres]") {
  const auto refuse = [](leat::ConnectionPoolOptions options) {
    CHECK(error_of([&] { const ConnectionPool pool({}, options); }).kind() == ErrorKind::config);
  };
  refuse({.max_connections = 0});
  refuse({.max_connections = 10'001});
  refuse({.acquire_timeout = -1ms});
  refuse({.max_idle = -1ms});
  refuse({.health_check_after = -1ms});
}

TEST_CASE("Pool: a session that was given back is handed out again", "[postgres][server]") {
  auto pool = make_pool();
  int backend = 0;
  {
    auto session = pool.acquire();
    backend = session->backend_pid();
    CHECK(pool.stats().open == 1);
    CHECK(pool.stats().idle == 0);
  }
  CHECK(pool.stats().idle == 1);
  auto again = pool.acquire();
  CHECK(again->backend_pid() == backend);
  CHECK((*again).execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Pool: at the limit acquire ends by its deadline with 53300 of the session's side",
          "[postgres][server]") {
  auto pool =
      make_pool({.session = {.side = ErrorKind::target}, .acquire_timeout = 20ms, .max_connections = 2});
  const auto first = pool.acquire();
  const auto second = pool.acquire();
  const auto error = error_of([&] { static_cast<void>(pool.acquire()); });
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.sqlstate() == "53300");
  CHECK(std::string(error.what()).find("2 of 2") != std::string::npos);
  CHECK(pool.stats().open == 2);
  CHECK(pool.stats().waiting == 0);
}

TEST_CASE("Pool: a thread that waits gets the session that another gives back", "[postgres][server]") {
  auto pool = make_pool({.acquire_timeout = 1h, .max_connections = 1});
  auto held = pool.acquire();
  const int backend = held->backend_pid();
  Waiter waiter(pool);
  held.release();
  CHECK(waiter.received() == backend);
}

TEST_CASE("Pool: a thread that waits gets the place of a session that was closed", "[postgres][server]") {
  auto pool = make_pool({.acquire_timeout = 1h, .max_connections = 1});
  auto held = pool.acquire();
  const int backend = held->backend_pid();
  Waiter waiter(pool);
  held.discard();
  const int received = waiter.received();
  CHECK(received != 0);
  CHECK(received != backend);
}

TEST_CASE("Pool: a stop request ends a wait", "[postgres][server]") {
  auto pool = make_pool({.max_connections = 1});
  const auto held = pool.acquire();
  std::stop_source stop;
  const std::jthread stopper([&] {
    eventually([&] { return pool.stats().waiting == 1; });
    stop.request_stop();
  });
  CHECK_THROWS_AS(pool.acquire(stop.get_token()), leat::Stopped);
  CHECK(pool.stats().waiting == 0);
}

TEST_CASE("Pool: a session whose backend was killed is replaced, without a round trip",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto pool = make_pool({.max_connections = 1, .health_check_after = 1h});
  const int backend = pool.acquire()->backend_pid();
  const std::array<Parameter, 1> pid{std::to_string(backend)};
  observer.execute("SELECT pg_terminate_backend($1::int, 10000)", pid);
  auto session = pool.acquire();
  CHECK(session->backend_pid() != backend);
  CHECK(session->execute("SELECT 1").integer(0, 0) == 1);
  CHECK(pool.stats().open == 1);
}

TEST_CASE("Pool: a session that received a notice while it was idle is asked and kept",
          "[postgres][server]") {
  auto notifier = TestServer::instance().connect();
  auto pool = make_pool({.max_connections = 1, .health_check_after = 1h});
  int backend = 0;
  {
    auto session = pool.acquire();
    backend = session->backend_pid();
    session->execute("LISTEN news");
  }
  notifier.execute("NOTIFY news");
  CHECK(pool.acquire()->backend_pid() == backend);
}

TEST_CASE("Pool: a session in a transaction does not come back, and its rows are not there",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  observer.execute("DROP TABLE IF EXISTS abandoned");
  observer.execute("CREATE TABLE abandoned (a int)");
  auto pool = make_pool();
  int backend = 0;
  {
    auto session = pool.acquire();
    backend = session->backend_pid();
    session->begin();
    session->execute("INSERT INTO abandoned VALUES (1)");
  }
  CHECK(pool.stats().open == 0);
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
  CHECK(observer.execute("SELECT count(*) FROM abandoned").integer(0, 0) == 0);
}

TEST_CASE("Pool: a cancelled session does not come back", "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto pool = make_pool({.max_connections = 1});
  int backend = 0;
  {
    auto session = pool.acquire();
    backend = session->backend_pid();
    std::stop_source stop;
    const std::jthread stopper([&stop, backend] {
      auto watching = TestServer::instance().connect();
      eventually([&] { return backend_is_active(watching, backend); });
      stop.request_stop();
    });
    CHECK_THROWS_AS(session->execute("SELECT pg_sleep(600)", {}, stop.get_token()), leat::Stopped);
  }
  CHECK(pool.stats().open == 0);
  CHECK(pool.acquire()->backend_pid() != backend);
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("Pool: a server that cannot be reached leaves no place taken", "[postgres][server]") {
  auto target = TestServer::instance().target();
  target.set("dbname", "nowhere");
  ConnectionPool pool(target, {.max_connections = 1});
  for (int attempt = 0; attempt < 2; ++attempt) {
    CHECK(error_of([&] { static_cast<void>(pool.acquire()); }).sqlstate() == "3D000");
    CHECK(pool.stats().open == 0);
  }
}

TEST_CASE("Pool: sessions that were idle for longer than max_idle are closed", "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto pool = make_pool({.max_idle = 0ms});
  const int backend = pool.acquire()->backend_pid();
  auto session = pool.acquire();
  CHECK(session->backend_pid() != backend);
  CHECK(pool.stats().open == 1);
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("Pool: when it goes its idle sessions go, and those on loan when they come back",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto pool = std::make_unique<ConnectionPool>(
      TestServer::instance().target(), leat::ConnectionPoolOptions{.session = {.application_name = "going"}});
  auto held = pool->acquire();
  auto other = pool->acquire();
  pool->acquire().release();
  CHECK(sessions_named(observer, "going") == 3);
  pool.reset();
  CHECK(eventually([&] { return sessions_named(observer, "going") == 2; }));
  other.release();
  CHECK(eventually([&] { return sessions_named(observer, "going") == 1; }));
  CHECK(held->execute("SELECT 1").integer(0, 0) == 1);
  held.release();
  CHECK(eventually([&] { return sessions_named(observer, "going") == 0; }));
}

TEST_CASE("Pool: eight threads hammer three places and no session is used by two at a time",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto pool = make_pool(
      {.session = {.application_name = "hammered"}, .max_connections = 3, .health_check_after = 0ms});
  std::atomic<int> out = 0;
  std::atomic<int> most_out = 0;
  std::atomic<int> rounds = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < 40; ++round) {
          auto session = pool.acquire();
          const int now = ++out;
          int most = most_out;
          while (now > most && !most_out.compare_exchange_weak(most, now)) {
          }
          const int number = thread * 1000 + round;
          if (session->execute("SELECT " + std::to_string(number)).integer(0, 0) == number) ++rounds;
          --out;
          // Each of the ways in which a session ends or comes back.
          if (round % 10 == 3) session.discard();
          if (round % 10 == 6) session->begin();
        }
      });
    }
  }
  CHECK(rounds == 8 * 40);
  CHECK(most_out <= 3);
  CHECK(pool.stats().waiting == 0);
  CHECK(pool.stats().open == pool.stats().idle);
  CHECK(eventually(
      [&] { return sessions_named(observer, "hammered") == static_cast<std::int64_t>(pool.stats().open); }));
}
