#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>

namespace leat::test {

/// A name server on a UDP port of this machine. What it answers depends on the first letter of a name:
/// a…: 127.0.0.1 and ::1; l…: the same, but when no question has come for a moment; v…: 127.0.0.1, and never
/// an answer about IPv6; n…: there is no such name; f…: it has failed; all others never get an answer. Knows
/// nothing of leat. Thread-safe, except for close().
class NameServer {
 public:
  /// On a port of the system's choice if it is zero. @throws std::system_error
  explicit NameServer(const std::string& address = "127.0.0.1", int port = 0);
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;
  ~NameServer();

  /// "127.0.0.1:5353"
  [[nodiscard]] const std::string& place() const { return place_; }
  /// Questions that came so far.
  [[nodiscard]] std::size_t asked() const { return asked_; }
  /// Returns when so many questions have come. @throws std::runtime_error if they do not come.
  void wait_until_asked(std::size_t questions = 1) const;
  /// Ends it: who asks from now on is refused.
  void close();

 private:
  void serve(const std::stop_token& stop);

  int socket_;
  std::string place_;
  std::atomic<std::size_t> asked_ = 0;
  std::jthread thread_;
};

}  // namespace leat::test
