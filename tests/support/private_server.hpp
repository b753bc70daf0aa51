#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/sql_client.hpp"

namespace leat::test {

/// How a server ends; the words are PostgreSQL's.
enum class StopMode {
  /// Waits until every client has gone.
  smart,
  /// Disconnects clients, rolls back, shuts down cleanly.
  fast,
  /// Ends at once, as a crash would; the next start recovers.
  immediate,
};

class PrivateServer;
class ServerTemplate;

struct PrivateServerOptions {
  /// Server settings, e.g. {"wal_level", "logical"}; they win over the defaults of the class.
  std::vector<std::pair<std::string, std::string>> settings{};
  /// A running server of which this one is a hot standby, which follows it as long as both are there.
  const PrivateServer* standby_of = nullptr;
  /// The folder with the programs of another version than the tests' own.
  std::string programs{};
};

/// A PostgreSQL of the test's own, in a temporary directory, reachable over a Unix socket and 127.0.0.1 as
/// the superuser "leat" without a password. It is a child of this process and ends with it, however that
/// ends. As root, the server runs as "postgres", else "nobody". Knows nothing of leat. Not thread-safe,
/// except for the const members. Construct it on a thread that outlives it: the server ends with the thread
/// that started it.
class PrivateServer {
 public:
  using Options = PrivateServerOptions;

  /// Returns when the server takes connections. @throws std::runtime_error with the end of the server's log.
  explicit PrivateServer(Options options = {});
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;
  /// Ends the server at once and removes its directory.
  ~PrivateServer();

  /// URI of a database over the Unix socket.
  [[nodiscard]] std::string uri(std::string_view database = "postgres") const;
  /// URI of a database over TCP.
  [[nodiscard]] std::string tcp_uri(std::string_view database = "postgres") const;
  [[nodiscard]] int port() const { return port_; }
  /// What libpq takes as `host` to use the socket.
  [[nodiscard]] std::string socket_dir() const { return directory_.string(); }
  [[nodiscard]] std::string data_dir() const { return data_.string(); }
  /// -1 while stopped.
  [[nodiscard]] pid_t postmaster_pid() const { return process_; }
  /// The end of the server's log.
  [[nodiscard]] std::string log_tail() const;

  void create_database(const std::string& name) const;
  /// Runs SQL as psql does; see SqlClients.
  std::string psql(const std::string& database, const std::string& sql) const;

  /// Returns when the server has ended. Nothing happens when it is not running.
  void stop(StopMode mode = StopMode::immediate);
  /// Starts a stopped server again, with the same port and data.
  void start();
  void restart(StopMode mode = StopMode::immediate);

 private:
  [[nodiscard]] const ServerTemplate& made() const;
  void make_data();
  void spawn();
  bool wait_until_ready();

  Options options_;
  std::filesystem::path directory_;
  std::filesystem::path data_;
  int port_ = 0;
  pid_t process_ = -1;
  mutable SqlClients clients_;
};

}  // namespace leat::test
