#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leat::test {

/// Settings on top of those that make a short-lived server quick.
struct PrivateServerOptions {
  std::vector<std::pair<std::string, std::string>> settings{};
};

/// A PostgreSQL server of a test's own: in a temporary directory, on a free port, run by an unprivileged user
/// when we are root. It ends with the object, and also when the test program dies. Used by one thread at a
/// time.
class PrivateServer {
 public:
  /// @throws std::runtime_error with the end of the server's log.
  explicit PrivateServer(PrivateServerOptions options = {});
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;
  ~PrivateServer();

  /// By the Unix-domain socket, and by TCP on 127.0.0.1.
  [[nodiscard]] std::string uri(std::string_view database = "postgres") const;
  [[nodiscard]] std::string tcp_uri(std::string_view database = "postgres") const;
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string data_dir() const { return directory_ + "/data"; }
  [[nodiscard]] pid_t postmaster_pid() const { return postmaster_; }

  void create_database(const std::string& name);
  /// What psql prints for this SQL: fields separated by '|', a line a row.
  /// @throws std::runtime_error with what psql says on an error.
  std::string psql(const std::string& database, const std::string& sql);

  /// Ends the server at once, as by a crash.
  void stop();
  /// Starts it again on the same data and port.
  void start();

 private:
  PrivateServerOptions options_;
  std::string programs_;
  std::string directory_;
  int port_ = 0;
  pid_t postmaster_ = -1;
};

}  // namespace leat::test
