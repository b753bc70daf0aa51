#pragma once

#include <optional>
#include <stop_token>

#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Runs `body` behind a savepoint of the session's transaction. Where the server has refused something by an
/// error for which `passes` is true, all of it is undone, the error is returned, and the transaction goes on;
/// any other error is thrown.
template <class Body, class Passes>
[[nodiscard]] std::optional<Error> behind_savepoint(Connection& session, const std::stop_token& stop,
                                                    const Body& body, const Passes& passes) {
  std::optional<Error> refused;
  session.execute("SAVEPOINT leat_try", {}, stop);
  try {
    body();
  } catch (const Error& error) {
    if (!session.is_open() || !passes(error)) throw;
    refused = error;
    session.execute("ROLLBACK TO SAVEPOINT leat_try", {}, stop);
  }
  session.execute("RELEASE SAVEPOINT leat_try", {}, stop);
  return refused;
}

}  // namespace leat::jobs_detail
