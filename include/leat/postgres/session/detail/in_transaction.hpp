#pragma once

#include <stop_token>

#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// Runs `body` in a transaction of the session's own, which stays open; each statement sees what others have
/// committed by then. What it throws rolls it back. @throws Error (config) where one is open already.
template <class Body>
auto in_new_transaction(Connection& connection, const std::stop_token& stop, Body&& body) {
  if (connection.in_transaction()) {
    throw Error(ErrorKind::config, "the session is in a transaction, and this needs one of its own");
  }
  connection.begin("ISOLATION LEVEL READ COMMITTED", stop);
  try {
    return body();
  } catch (...) {
    connection.rollback();
    throw;
  }
}

/// The same, and commits it.
template <class Body>
void in_transaction(Connection& connection, const std::stop_token& stop, Body&& body) {
  in_new_transaction(connection, stop, [&] {
    body();
    connection.commit(stop);
  });
}

/// The server's process that works for the session's open transaction, behind a pooler, too.
[[nodiscard]] inline int process_of_transaction(Connection& connection, const std::stop_token& stop) {
  if (!connection.is_pooled()) return connection.backend_pid();
  return static_cast<int>(connection.execute("SELECT pg_catalog.pg_backend_pid()", {}, stop).integer(0, 0));
}

}  // namespace leat::postgres_detail
