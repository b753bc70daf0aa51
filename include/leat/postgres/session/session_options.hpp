#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "leat/core/error.hpp"
#include "leat/core/log.hpp"

namespace leat {

/// How the rows of a COPY pass between this process and the server.
enum class CopyPath {
  automatic,  ///< on the socket itself where it is not encrypted, which costs half as much; else through
              ///< libpq
  libpq,      ///< through libpq always
};

/// How one session behaves. Validated by Connection::open.
struct SessionOptions {
  // Behaviour

  /// Which side of a job the session is: source or target. It becomes the kind of every error it throws.
  ErrorKind side = ErrorKind::source;
  /// What pg_stat_activity shows. At most 63 bytes are kept by the server.
  std::string application_name = "leat";
  /// The search_path to pin. Not set: what the server has for this role and database, so that users' SQL and
  /// the tables' own triggers find what they always find. leat's own statements name every schema.
  std::optional<std::string> search_path{};
  CopyPath copy_path = CopyPath::automatic;
  /// Receives the server's notices (at debug) and what happens to the session.
  Logger log{};

  // Limits

  /// For connecting and setting the session up, all hosts together. Must be > 0.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{10};
  /// The longest wait for another session's lock, set on the server (lock_timeout). Zero: no limit.
  std::chrono::milliseconds lock_timeout = std::chrono::seconds{10};
  /// The server's statement_timeout, also for the COPY itself. Zero: no limit, whatever the administrator
  /// set.
  std::chrono::milliseconds statement_timeout{0};
  /// The longest wait for the answer to a catalog or control statement. Must be > 0.
  std::chrono::milliseconds reply_timeout = std::chrono::seconds{60};
  /// The longest silence of a server inside a COPY, a fetch, a DELETE or a COMMIT. Must be > 0.
  std::chrono::milliseconds silence_timeout = std::chrono::hours{1};
  /// For telling the server to cancel what it does; the socket is closed afterwards in any case. Must be > 0.
  std::chrono::milliseconds cancel_timeout{500};
};

}  // namespace leat
