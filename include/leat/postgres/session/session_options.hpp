#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"

namespace leat {

/// How the rows of a COPY pass between this process and the server.
enum class CopyPath {
  automatic,  ///< directly on the socket if it is not encrypted, which costs half as much; otherwise through
              ///< libpq
  libpq,      ///< always through libpq
};

/// Options of one session. Validated by Connection::open.
struct SessionOptions {
  // Behaviour

  /// The session's side of a job: source or target. All errors of the session have this kind.
  ErrorKind side = ErrorKind::source;
  /// The name of the session in pg_stat_activity. The server keeps at most 63 bytes.
  std::string application_name = "leat";
  /// The search_path to pin: `"sales, public"`. Not set: the server's setting for this role and database, so
  /// that users' SQL and the tables' own triggers find the objects they always find. leat's own statements
  /// name every schema.
  std::optional<std::string> search_path{};
  CopyPath copy_path = CopyPath::automatic;
  /// Receives the server's notices (at debug) and the events of the session.
  Logger log{};

  // Limits

  // The first three are optional. Not set: what the connection's own parameters say, from wherever libpq has
  // them (a URI, a keyword string, PGCONNECT_TIMEOUT, PGOPTIONS, a service file), and else what is said here.
  // Connection::options() of an open session has them all.

  /// The longest time for looking up names, connecting and setting the session up, for all hosts together.
  /// Must be > 0. Not set: the connection's connect_timeout for each host that it names, where 0 is a day;
  /// else 10 s.
  std::optional<std::chrono::milliseconds> connect_timeout{};
  /// The longest wait for another session's lock, enforced by the server (lock_timeout). Zero: no limit. Not
  /// set: lock_timeout in the connection's options ("-c lock_timeout=60s"), else 10 s.
  std::optional<std::chrono::milliseconds> lock_timeout{};
  /// The server's statement_timeout, which also limits the COPY itself. Zero: no limit. Not set:
  /// statement_timeout in the connection's options, else no limit, whatever the administrator has set.
  std::optional<std::chrono::milliseconds> statement_timeout{};
  /// The longest wait for the answer to a catalog or control statement. Must be > 0. A lock_timeout of that
  /// length or more comes on top; if it is zero, silence_timeout is the limit where that is longer.
  std::chrono::milliseconds reply_timeout = std::chrono::seconds{60};
  /// The longest silence of a server inside a COPY, a fetch, a DELETE or a COMMIT. Must be > 0.
  std::chrono::milliseconds silence_timeout = std::chrono::hours{1};
  /// The longest time for cancelling the running statement on the server. The socket is closed afterwards in
  /// any case. Must be > 0.
  std::chrono::milliseconds cancel_timeout{500};
};

}  // namespace leat
