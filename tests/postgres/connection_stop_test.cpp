#include <array>

#include "leat/postgres/session/connection.hpp"
#include "server.hpp"
#include "support/catch.hpp"

using namespace std::chrono_literals;
using leat::Connection;
using leat::ErrorKind;
using leat::Parameter;

namespace {

/// Requests the stop once the server process runs a statement.
std::jthread stop_when_active(std::stop_source stop, int backend) {
  return std::jthread([stop = std::move(stop), backend]() mutable {
    auto observer = TestServer::instance().connect();
    eventually([&] { return backend_is_active(observer, backend); });
    stop.request_stop();
  });
}

void terminate_when_active(int backend) {
  auto observer = TestServer::instance().connect();
  eventually([&] { return backend_is_active(observer, backend); });
  const std::array<Parameter, 1> pid{std::to_string(backend)};
  observer.execute("SELECT pg_terminate_backend($1::int)", pid);
}

/// A table whose rows are checked at COMMIT, by a trigger that takes ten minutes.
void make_slow_commit(Connection& admin) {
  admin.execute("DROP TABLE IF EXISTS slow_commit");
  admin.execute("CREATE TABLE slow_commit (a int)");
  admin.execute(
      "CREATE OR REPLACE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS $$ "
      "BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$");
  admin.execute(
      "CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON slow_commit DEFERRABLE INITIALLY DEFERRED "
      "FOR EACH ROW EXECUTE FUNCTION be_slow()");
}

}  // namespace

TEST_CASE("Connection: a stop request ends a statement, and its backend is gone", "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  auto session = TestServer::instance().connect();
  must_be_cancelled(session);
  const int backend = session.backend_pid();
  std::stop_source stop;
  const auto stopper = stop_when_active(stop, backend);
  CHECK_THROWS_AS(session.execute("SELECT pg_sleep(600)", {}, stop.get_token()), leat::Stopped);
  CHECK_FALSE(session.is_open());
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("Connection: a stop request that came before sends nothing and leaves the session usable",
          "[postgres][server]") {
  auto session = TestServer::instance().connect();
  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(session.execute("SELECT 1", {}, stop.get_token()), leat::Stopped);
  CHECK_THROWS_AS(session.commit(stop.get_token()), leat::Stopped);
  CHECK(session.execute("SELECT 1").integer(0, 0) == 1);
}

TEST_CASE("Connection: destroying it in the middle of a statement cancels the statement",
          "[postgres][server]") {
  auto observer = TestServer::instance().connect();
  int backend = 0;
  {
    auto session = TestServer::instance().connect();
    must_be_cancelled(session);
    backend = session.backend_pid();
    std::stop_source stop;
    const auto stopper = stop_when_active(stop, backend);
    auto moved = std::move(session);
    CHECK_THROWS_AS(moved.execute_long("SELECT pg_sleep(600)", {}, stop.get_token()), leat::Stopped);
  }
  CHECK(eventually([&] { return !backend_exists(observer, backend); }));
}

TEST_CASE("Commit: a server that dies while it commits leaves the outcome in doubt", "[postgres][server]") {
  auto admin = TestServer::instance().connect();
  make_slow_commit(admin);
  auto session = TestServer::instance().connect({.side = ErrorKind::target});
  session.begin();
  session.execute("INSERT INTO slow_commit VALUES (1)");
  const std::jthread killer([backend = session.backend_pid()] { terminate_when_active(backend); });
  const auto error = error_of([&] { session.commit(); });
  CHECK(error.kind() == ErrorKind::target);
  CHECK(error.in_doubt());
  CHECK_FALSE(error.retryable());
}

TEST_CASE("Commit: a stop request waits for cancel_timeout, then the outcome is in doubt",
          "[postgres][server]") {
  auto admin = TestServer::instance().connect();
  make_slow_commit(admin);
  auto session = TestServer::instance().connect({.cancel_timeout = 100ms});
  session.begin();
  session.execute("INSERT INTO slow_commit VALUES (1)");
  std::stop_source stop;
  const int backend = session.backend_pid();
  const auto stopper = stop_when_active(stop, backend);
  const auto error = error_of([&] { session.commit(stop.get_token()); });
  CHECK(error.kind() == ErrorKind::cancelled);
  CHECK(error.in_doubt());
  CHECK(eventually([&] { return !backend_exists(admin, backend); }));
}

TEST_CASE("Commit: a constraint that is found violated at the end is no doubt", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  session.execute("DROP TABLE IF EXISTS late_check");
  session.execute("CREATE TABLE late_check (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
  session.begin();
  session.execute("INSERT INTO late_check VALUES (1), (1)");
  const auto error = error_of([&] { session.commit(); });
  CHECK(error.sqlstate() == "23505");
  CHECK_FALSE(error.in_doubt());
}

TEST_CASE("Commit: of a failed transaction is an error, since the server rolled it back",
          "[postgres][server]") {
  auto session = TestServer::instance().connect();
  session.begin();
  CHECK_THROWS_AS(session.execute("SELECT 1/0"), leat::Error);
  const auto error = error_of([&] { session.commit(); });
  CHECK(error.sqlstate() == "25P02");
  CHECK_FALSE(error.in_doubt());
}

TEST_CASE("Commit: on a session that was closed before nothing is in doubt", "[postgres][server]") {
  auto session = TestServer::instance().connect();
  session.begin();
  session.abort();
  const auto error = error_of([&] { session.commit(); });
  CHECK(error.sqlstate() == "08003");
  CHECK_FALSE(error.in_doubt());
}
