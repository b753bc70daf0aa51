#pragma once

#include <stop_token>

#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// Runs `body` in a transaction of the session. The transaction stays open. Each statement sees everything
/// that others have committed by then. An exception of `body` rolls the transaction back. @throws Error
/// (config) if a transaction is already open.
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

/// The same, and then commits the transaction.
template <class Body>
void in_transaction(Connection& connection, const std::stop_token& stop, Body&& body) {
  in_new_transaction(connection, stop, [&] {
    body();
    connection.commit(stop);
  });
}

/// The server process that works for the session's open transaction, also behind a pooler.
[[nodiscard]] inline int process_of_transaction(Connection& connection, const std::stop_token& stop) {
  if (!connection.is_pooled()) return connection.backend_pid();
  return static_cast<int>(connection.execute("SELECT pg_catalog.pg_backend_pid()", {}, stop).integer(0, 0));
}

}  // namespace leat::postgres_detail
