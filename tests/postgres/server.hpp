#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "leat/postgres/session/connection.hpp"
#include "support/deadline.hpp"
#include "support/private_server.hpp"

/// The program's own PostgreSQL: started by the first test that needs it, ended with the program. Its socket
/// trusts everybody; 127.0.0.1 asks for a password. The first use must be in the main thread.
class TestServer {
 public:
  static TestServer& instance();

  [[nodiscard]] int port() const { return server_.port(); }
  /// A superuser, over the socket.
  [[nodiscard]] leat::ConnectionTarget target() const { return leat::ConnectionTarget::parse(server_.uri()); }
  [[nodiscard]] leat::Connection connect(leat::SessionOptions options = {}) const;

 private:
  TestServer();

  leat::test::PrivateServer server_;
};

/// Asks until `holds` is true or it is too late; returns what it was at last.
template <class Predicate>
bool eventually(Predicate holds) {
  const auto deadline = std::chrono::steady_clock::now() + leat::test::patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// True while pg_stat_activity shows this server process.
bool backend_exists(leat::Connection& observer, int pid);
/// Keeps the server from noticing by itself that the client has gone, so that only a cancel ends a statement.
void must_be_cancelled(leat::Connection& session);
/// True while this server process runs a statement.
bool backend_is_active(leat::Connection& observer, int pid);

/// All that an error says.
[[nodiscard]] std::string everything(const leat::Error& error);

/// The Error that `body` throws. @throws std::logic_error when it throws none.
template <class Body>
leat::Error error_of(Body body) {
  try {
    body();
  } catch (const leat::Error& error) {
    return error;
  }
  throw std::logic_error("no error was thrown");
}
