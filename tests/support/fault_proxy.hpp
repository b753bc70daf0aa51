#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/message_framer.hpp"

namespace leat::test {

/// Where bytes go.
enum class Toward {
  server,
  client,
};

/// When a session is cut at a statement.
enum class CutAt {
  /// The server never sees the statement.
  before_it,
  /// The server has done it and said so; the client hears nothing of it.
  before_its_reply,
};

/// A TCP port on 127.0.0.1 that passes everything on to a PostgreSQL server's port there and back, until a
/// test wants otherwise. What is asked of it holds when the call returns; a fault that is armed happens once.
/// Encryption is refused, so that it can read along. Knows nothing of leat. Thread-safe; its destructor ends
/// what goes through it.
class FaultProxy {
 public:
  /// @throws std::system_error
  explicit FaultProxy(int server_port);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  [[nodiscard]] int port() const { return port_; }

  // Now

  /// Ends every connection on both sides.
  void cut();
  /// The receivers of every connection see its end; what goes the other way still does.
  void half_close(Toward toward);

  // When it comes to that

  /// Cuts the connection through which the last of so many more bytes goes (of all connections together).
  void cut_after(Toward toward, std::uint64_t bytes);
  /// Cuts the session whose client sends a statement that starts with `text`, alone or prepared; the n-th
  /// one.
  void cut_at(std::string text, CutAt when, int occurrence = 1);

  // From now on

  /// Takes connections and bytes, and keeps them.
  void blackhole();
  /// Nobody can connect; those that have stay.
  void refuse();
  /// Every byte takes so long.
  void delay(Toward toward, std::chrono::milliseconds time);
  /// So many bytes a second for each connection. Zero: no limit.
  void limit(Toward toward, std::uint64_t bytes_per_second);
  /// Ends all of these and disarms what has not happened; what was kept goes on.
  void restore();

  // What there was

  /// Connections that were taken so far.
  [[nodiscard]] int accepted() const;
  /// Those that were cut.
  [[nodiscard]] int cuts() const;
  /// Times that a client has spoken when its server waited for that, of all connections together: what over a
  /// slow link would be waited for so often.
  [[nodiscard]] int turns() const;
  /// Bytes that were passed on.
  [[nodiscard]] std::uint64_t passed(Toward toward) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Chunk;
  struct Flow;
  struct Link;
  struct Watch {
    std::string text;
    CutAt when = CutAt::before_it;
    int occurrence = 1;
  };
  /// What holds for one direction.
  struct Rules {
    std::chrono::milliseconds delay{};
    std::uint64_t bytes_per_second = 0;
    std::optional<std::uint64_t> cut_after{};
    std::uint64_t passed = 0;
  };

  void run(const std::stop_token& stop);
  void wake() const noexcept;

  // With mutex_ held
  void listen();
  void take_connection();
  void receive(Link& link, Flow& flow);
  /// Whether this piece is to be passed on.
  [[nodiscard]] bool inspect(Link& link, Flow& flow, const MessageFramer::Piece& piece);
  [[nodiscard]] bool inspect_statement(Link& link, std::string_view text);
  void queue(Flow& flow, std::string bytes);
  void send(Link& link, Flow& flow);
  void end(Link& link);
  void cut(Link& link);
  [[nodiscard]] int time_to_next() const;
  [[nodiscard]] Rules& rules(Toward toward) { return rules_[toward == Toward::server ? 0 : 1]; }
  [[nodiscard]] const Rules& rules(Toward toward) const { return rules_[toward == Toward::server ? 0 : 1]; }

  // Constant after construction
  const int server_port_;
  int wake_up_ = -1;
  int place_ = -1;  // holds the port while nobody listens
  int port_ = 0;

  mutable std::mutex mutex_;
  // Guarded by mutex_; only the thread adds and removes links
  int listener_ = -1;
  std::vector<int> retired_{};  // listeners for the thread to close
  std::list<Link> links_;
  std::array<Rules, 2> rules_{};
  std::optional<Watch> watch_;
  bool blackhole_ = false;
  int accepted_ = 0;
  int cuts_ = 0;
  int turns_ = 0;

  std::jthread thread_;  // last: it uses everything above
};

}  // namespace leat::test
