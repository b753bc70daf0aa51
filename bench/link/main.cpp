// A slow link: what comes in at a port of 127.0.0.1 goes to a server's socket, and back, each byte half a
// round trip later. Nothing else is slow: no limit of bandwidth, and bytes that are under way do not wait for
// each other.
//
//   client --- 127.0.0.1:PORT --- half a round trip --> unix socket of the server
//          <-- half a round trip ----------------------
//
// A new connection's first bytes come a round trip later, since TCP shakes hands before it carries any.
// On SIGTERM it prints for each port how many turns it saw: times that a client spoke after its server had.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <list>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr std::size_t piece = std::size_t{64} << 10U;

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// A port, and the server's socket behind it.
struct Route {
  std::string name{};
  int port = 0;
  std::string server{};
  int listener = -1;
  long turns = 0;
};

/// Bytes that are under way, and when they arrive; none stand for the end of the stream.
struct Piece {
  Clock::time_point due;
  std::string bytes;
};

/// One direction of a connection. Invariant: the pieces are due in their order.
struct Direction {
  int from = -1;
  int to = -1;
  std::deque<Piece> under_way{};
  std::size_t written = 0;  // of the first piece
  bool ended = false;       // nothing more comes in
  bool blocked = false;     // the receiver takes nothing more for now
};

struct Link {
  Route* route = nullptr;
  int number = 0;
  Clock::time_point opened = Clock::now();
  bool server_spoke = true;
  std::array<Direction, 2> directions{};  // client to server, server to client
};

void listen_at(Route& route) {
  route.listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (route.listener < 0) fail("socket");
  const int yes = 1;
  ::setsockopt(route.listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(route.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(route.listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(route.listener, 128) != 0) fail("listen");
}

int connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (server < 0) fail("socket");
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return server;
  ::close(server);
  return -1;
}

class Proxy {
 public:
  Proxy(std::vector<Route> routes, microseconds delay, bool logs)
      : routes_(std::move(routes)), delay_(delay), logs_(logs) {
    for (auto& route : routes_) listen_at(route);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    stop_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
    if (stop_ < 0) fail("signalfd");
  }

  void run() {
    while (step()) {
    }
    for (const auto& route : routes_) std::printf("%s\t%ld\n", route.name.c_str(), route.turns);
  }

 private:
  /// Waits for what comes next and does it; false where it is time to end.
  bool step() {
    polled_.clear();
    polled_.push_back({.fd = stop_, .events = POLLIN, .revents = 0});
    for (const auto& route : routes_)
      polled_.push_back({.fd = route.listener, .events = POLLIN, .revents = 0});
    auto next = Clock::time_point::max();
    for (const auto& link : links_) {
      for (const auto& way : link.directions) {
        polled_.push_back({.fd = way.ended ? -1 : way.from, .events = POLLIN, .revents = 0});
        polled_.push_back({.fd = way.blocked ? way.to : -1, .events = POLLOUT, .revents = 0});
        if (!way.under_way.empty() && !way.blocked) next = std::min(next, way.under_way.front().due);
      }
    }
    wait_until(next);
    if (polled_[0].revents != 0) return false;
    std::size_t at = 1 + routes_.size();
    for (auto link = links_.begin(); link != links_.end();) {
      for (auto& way : link->directions) {
        if (polled_[at++].revents != 0) receive(*link, way);
        if (polled_[at++].revents != 0) way.blocked = false;
        deliver(way);
      }
      const auto over = [](const Direction& way) { return way.ended && way.under_way.empty(); };
      if (!std::all_of(link->directions.begin(), link->directions.end(), over)) {
        ++link;
        continue;
      }
      ::close(link->directions[0].from);
      ::close(link->directions[0].to);
      link = links_.erase(link);
    }
    for (std::size_t i = 0; i < routes_.size(); ++i) {
      if (polled_[1 + i].revents != 0) accept(routes_[i]);
    }
    return true;
  }

  void wait_until(Clock::time_point next) {
    timespec longest{};
    if (next != Clock::time_point::max()) {
      const auto left = std::max(std::chrono::nanoseconds(0),
                                 std::chrono::duration_cast<std::chrono::nanoseconds>(next - Clock::now()));
      longest.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
      longest.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    }
    const bool forever = next == Clock::time_point::max();
    if (::ppoll(polled_.data(), polled_.size(), forever ? nullptr : &longest, nullptr) < 0 &&
        errno != EINTR) {
      fail("ppoll");
    }
  }

  void accept(Route& route) {
    const int client = ::accept4(route.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int yes = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const int server = connect_to(route.server);
    if (server < 0) {
      ::close(client);
      return;
    }
    links_.push_back({.route = &route, .number = ++count_, .directions = {}});
    links_.back().directions = {Direction{.from = client, .to = server}, {.from = server, .to = client}};
  }

  void receive(Link& link, Direction& way) {
    const auto now = Clock::now();
    auto due = now + delay_;
    const bool from_client = &way == link.directions.data();
    if (from_client) due = std::max(due, link.opened + 3 * delay_);
    const auto count = ::read(way.from, buffer_.data(), buffer_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) {
      way.ended = true;
      way.under_way.push_back({due, {}});
      return;
    }
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
    way.under_way.push_back({due, std::string(bytes)});
    if (from_client && link.server_spoke) ++link.route->turns;
    if (logs_) log(link, from_client, bytes);
    link.server_spoke = !from_client;
  }

  void log(const Link& link, bool from_client, std::string_view bytes) const {
    const bool is_turn = from_client && link.server_spoke;
    std::string text(bytes.substr(0, 160));
    for (char& c : text) {
      if (std::isprint(static_cast<unsigned char>(c)) == 0) c = ' ';
    }
    const auto at = std::chrono::duration<double, std::milli>(Clock::now() - started_).count();
    std::fprintf(stderr, "%8.1f %s %d %s %6zu %s\n", at, link.route->name.c_str(), link.number,
                 is_turn ? ">>" : (from_client ? " >" : " <"), bytes.size(), from_client ? text.c_str() : "");
  }

  static void deliver(Direction& way) {
    while (!way.under_way.empty() && !way.blocked && way.under_way.front().due <= Clock::now()) {
      const auto& first = way.under_way.front();
      if (first.bytes.empty()) {
        ::shutdown(way.to, SHUT_WR);
        way.under_way.pop_front();
        continue;
      }
      const auto count =
          ::send(way.to, first.bytes.data() + way.written, first.bytes.size() - way.written, MSG_NOSIGNAL);
      if (count < 0 && errno == EAGAIN) {
        way.blocked = true;
      } else if (count < 0) {
        // The receiver is gone, and the sender will notice by its own end.
        ::shutdown(way.from, SHUT_RDWR);
        way.under_way.clear();
        way.written = 0;
        way.ended = true;
      } else if ((way.written += static_cast<std::size_t>(count)) == first.bytes.size()) {
        way.under_way.pop_front();
        way.written = 0;
      }
    }
  }

  std::vector<Route> routes_;
  const microseconds delay_;  // one way
  const bool logs_;
  const Clock::time_point started_ = Clock::now();
  int stop_ = -1;
  int count_ = 0;
  std::list<Link> links_{};
  std::vector<pollfd> polled_{};
  std::vector<char> buffer_ = std::vector<char>(piece);
};

int usage() {
  std::fputs(
      "usage: leat_bench_link ROUND_TRIP_MS NAME=PORT:SOCKET…\n"
      "With LEAT_BENCH_LINK_LOG set it tells on standard error what each client says, and when.\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return usage();
  try {
    const microseconds delay(static_cast<long>(std::stod(argv[1]) * 500));
    std::vector<Route> routes;
    for (int i = 2; i < argc; ++i) {
      const std::string_view text(argv[i]);
      const auto equals = text.find('=');
      const auto colon = text.find(':', equals == std::string_view::npos ? 0 : equals);
      if (equals == std::string_view::npos || colon == std::string_view::npos) return usage();
      routes.push_back({.name = std::string(text.substr(0, equals)),
                        .port = std::stoi(std::string(text.substr(equals + 1, colon - equals - 1))),
                        .server = std::string(text.substr(colon + 1))});
    }
    Proxy(std::move(routes), delay, std::getenv("LEAT_BENCH_LINK_LOG") != nullptr).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "leat_bench_link: %s\n", error.what());
    return 1;
  }
}
