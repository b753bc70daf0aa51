#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "leat/postgres/session/connection_factory.hpp"

namespace leat::test {

/// A TCP port of this process's own. Not listening, connections to it are refused.
class OwnPort {
 public:
  OwnPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port");
    }
    port_ = ntohs(address.sin_port);
  }
  OwnPort(const OwnPort&) = delete;
  OwnPort& operator=(const OwnPort&) = delete;
  ~OwnPort() { ::close(socket_); }

  [[nodiscard]] int socket() const { return socket_; }
  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] ResolvedConnection connection() const {
    return ConnectionFactory().resolve("host=127.0.0.1 user=leat dbname=postgres port=" + port());
  }

 private:
  int socket_;
  int port_ = 0;
};

/// A server that takes connections and never says a word.
class MuteServer : public OwnPort {
 public:
  MuteServer() {
    if (::listen(socket(), 8) != 0) throw std::runtime_error("cannot listen");
  }
  /// Returns when somebody has connected.
  void wait_for_client() const {
    pollfd event{.fd = socket(), .events = POLLIN, .revents = 0};
    if (::poll(&event, 1, 20000) != 1) throw std::runtime_error("nobody connected");
  }
};

}  // namespace leat::test
