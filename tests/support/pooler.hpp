#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "support/private_server.hpp"

struct pg_conn;

namespace leat::test {

struct PoolerOptions {
  std::string pool_mode = "transaction";
  /// Server sessions for each database.
  int pool_size = 8;
};

/// A PgBouncer of the test's own before a private server, reachable over a Unix socket. It is a child of this
/// process and ends with it. Not thread-safe, except for the const members.
class Pooler {
 public:
  [[nodiscard]] static bool is_installed();

  /// Returns when it takes connections. `server` outlives it. @throws std::runtime_error with the end of its
  /// log.
  explicit Pooler(const PrivateServer& server, const PoolerOptions& options = {});
  Pooler(const Pooler&) = delete;
  Pooler& operator=(const Pooler&) = delete;
  ~Pooler();

  /// URI of a database of the server, through the pool.
  [[nodiscard]] std::string uri(const std::string& database) const;

 private:
  void end() noexcept;

  std::filesystem::path directory_;
  pid_t process_ = -1;
};

/// A client of a pool, whose session keeps nothing and resets nothing. Used by one thread at a time.
class PoolClient {
 public:
  /// @throws std::runtime_error
  explicit PoolClient(const std::string& uri);
  PoolClient(const PoolClient&) = delete;
  PoolClient& operator=(const PoolClient&) = delete;
  ~PoolClient();

  /// Runs SQL and returns the first value of its last answer. @throws std::runtime_error
  std::string run(const std::string& sql);
  /// The same without its answer, which nobody waits for.
  void send(const std::string& sql);

 private:
  pg_conn* session_;
};

/// Clients that do the same again and again, each on a thread of its own.
class BusyClients {
 public:
  /// Returns when each has done it once, or was refused.
  BusyClients(const std::vector<std::string>& uris, const std::string& sql);
  BusyClients(const BusyClients&) = delete;
  BusyClients& operator=(const BusyClients&) = delete;
  ~BusyClients() { end(); }

  /// Returns when all have ended. @throws std::runtime_error with what one of them was refused.
  void stop();

 private:
  void end() noexcept;

  std::atomic<bool> is_over_ = false;
  std::vector<std::string> failures_;  // one for each client, read when the threads are over
  std::latch begun_;
  std::vector<std::thread> threads_;
};

}  // namespace leat::test
