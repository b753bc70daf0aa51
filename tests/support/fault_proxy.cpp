#include "support/fault_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace leat::test {
namespace {

constexpr std::size_t read_size = 64 * 1024;
constexpr std::size_t queue_limit = 256 * 1024;

constexpr std::uint32_t cancel_request = 80877102;
constexpr std::uint32_t ssl_request = 80877103;
constexpr std::uint32_t gss_request = 80877104;

int checked(int result, const char* call) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int bound_socket(int port) {
  const int made = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket");
  const int on = 1;
  ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  checked(::bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  return made;
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool would_block() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

struct FaultProxy::Chunk {
  std::string bytes;
  Clock::time_point due;
};

/// One direction of a link.
struct FaultProxy::Flow {
  Toward toward;
  int from;
  int to;
  MessageFramer framer;
  std::deque<Chunk> queue{};
  std::size_t queued = 0;
  Clock::time_point free_at{};  // by the limit of the rate
  bool blocked = false;         // the receiver takes no more for now
  bool ended = false;           // the sender has sent all
  bool closed = false;          // and the receiver knows

  [[nodiscard]] bool wants_input() const { return !ended && queued < queue_limit; }
  [[nodiscard]] Clock::time_point next() const { return std::max(queue.front().due, free_at); }
};

/// A client's connection and the one with the server that stands for it.
struct FaultProxy::Link {
  Link(int client_socket, int server_socket)
      : client(client_socket),
        server(server_socket),
        flows{Flow{.toward = Toward::server,
                   .from = client_socket,
                   .to = server_socket,
                   .framer = MessageFramer(MessageFramer::Side::client)},
              Flow{.toward = Toward::client,
                   .from = server_socket,
                   .to = client_socket,
                   .framer = MessageFramer(MessageFramer::Side::server)}} {}
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() {
    ::close(client);
    ::close(server);
  }

  int client;
  int server;
  bool server_waits = true;  // for its client, as far as it has said
  std::array<Flow, 2> flows;
  bool reply_is_kept = false;  // it is to be cut when the server is ready again
  bool dead = false;
};

FaultProxy::FaultProxy(int server_port) : server_port_(server_port) {
  wake_up_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  place_ = bound_socket(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(place_, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  port_ = ntohs(address.sin_port);
  listen();
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

FaultProxy::~FaultProxy() {
  thread_.request_stop();
  wake();
  thread_.join();
  if (listener_ >= 0) ::close(listener_);
  for (const int listener : retired_) ::close(listener);
  ::close(place_);
  ::close(wake_up_);
}

void FaultProxy::wake() const noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_up_, &one, sizeof one);
}

void FaultProxy::listen() {
  listener_ = bound_socket(port_);
  checked(::listen(listener_, 64), "listen");
}

void FaultProxy::cut() {
  const std::lock_guard lock(mutex_);
  for (auto& link : links_) cut(link);
  wake();
}

void FaultProxy::half_close(Toward toward) {
  const std::lock_guard lock(mutex_);
  for (auto& link : links_) {
    for (auto& flow : link.flows) {
      if (flow.toward != toward) continue;
      flow.queue.clear();
      flow.queued = 0;
      flow.closed = true;
      ::shutdown(flow.to, SHUT_WR);
    }
  }
  wake();
}

void FaultProxy::cut_after(Toward toward, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  rules(toward).cut_after = bytes;
}

void FaultProxy::cut_at(std::string text, CutAt when, int occurrence) {
  const std::lock_guard lock(mutex_);
  watch_ = Watch{.text = std::move(text), .when = when, .occurrence = occurrence};
}

void FaultProxy::blackhole() {
  const std::lock_guard lock(mutex_);
  blackhole_ = true;
  wake();
}

void FaultProxy::refuse() {
  const std::lock_guard lock(mutex_);
  if (listener_ < 0) return;
  ::shutdown(listener_, SHUT_RDWR);
  retired_.push_back(std::exchange(listener_, -1));  // the thread may be polling it
  wake();
}

void FaultProxy::delay(Toward toward, std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  rules(toward).delay = time;
}

void FaultProxy::limit(Toward toward, std::uint64_t bytes_per_second) {
  const std::lock_guard lock(mutex_);
  rules(toward).bytes_per_second = bytes_per_second;
}

void FaultProxy::restore() {
  const std::lock_guard lock(mutex_);
  for (auto& rule : rules_) rule = Rules{.passed = rule.passed};
  watch_.reset();
  blackhole_ = false;
  if (listener_ < 0) listen();
  wake();
}

int FaultProxy::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

int FaultProxy::cuts() const {
  const std::lock_guard lock(mutex_);
  return cuts_;
}

int FaultProxy::turns() const {
  const std::lock_guard lock(mutex_);
  return turns_;
}

std::uint64_t FaultProxy::passed(Toward toward) const {
  const std::lock_guard lock(mutex_);
  return rules(toward).passed;
}

void FaultProxy::end(Link& link) {
  link.dead = true;
  ::shutdown(link.client, SHUT_RDWR);
  ::shutdown(link.server, SHUT_RDWR);
}

void FaultProxy::cut(Link& link) {
  if (link.dead) return;
  end(link);
  ++cuts_;
}

void FaultProxy::take_connection() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int server = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  links_.emplace_back(client, server);
  ++accepted_;
  const sockaddr_in address = loopback(server_port_);
  // On this machine connecting does not wait, and neither does being refused.
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    end(links_.back());
    return;
  }
  for (const int socket : {client, server}) send_at_once(socket);
}

void FaultProxy::queue(Flow& flow, std::string bytes) {
  flow.queued += bytes.size();
  flow.queue.push_back({std::move(bytes), Clock::now() + rules(flow.toward).delay});
}

bool FaultProxy::inspect_statement(Link& link, std::string_view text) {
  if (!watch_ || !text.starts_with(watch_->text) || --watch_->occurrence > 0) return true;
  const CutAt when = watch_->when;
  watch_.reset();
  if (when == CutAt::before_its_reply) {
    link.reply_is_kept = true;
    return true;
  }
  cut(link);
  return false;
}

bool FaultProxy::inspect(Link& link, Flow& flow, const MessageFramer::Piece& piece) {
  if (flow.toward == Toward::client) {
    constexpr std::string_view asks = "ZGR";  // for a statement, for rows, for a password
    if (asks.find(piece.type) != std::string_view::npos) link.server_waits = true;
    if (!link.reply_is_kept) return true;
    if (piece.type == 'Z') cut(link);  // the server is ready for the next statement
    return false;
  }
  const bool says_goodbye = piece.type == 'X';
  if (!says_goodbye && std::exchange(link.server_waits, false)) ++turns_;
  if (piece.code == ssl_request || piece.code == gss_request) {
    queue(link.flows[1], "N");
    link.server_waits = true;
    return false;
  }
  if (piece.code != 0 && piece.code != cancel_request) flow.framer.set_started();
  return piece.text.empty() || inspect_statement(link, piece.text);
}

void FaultProxy::receive(Link& link, Flow& flow) {
  std::array<char, read_size> buffer;
  const auto count = ::recv(flow.from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) {
    if (!would_block()) end(link);
    return;
  }
  if (count == 0) {
    flow.ended = true;
    return;
  }
  std::string_view input(buffer.data(), static_cast<std::size_t>(count));
  MessageFramer::Piece piece;
  while (flow.framer.take(input, piece)) {
    const bool passes = inspect(link, flow, piece);
    if (link.dead) return;
    if (passes && !flow.closed) queue(flow, std::move(piece.bytes));
  }
}

void FaultProxy::send(Link& link, Flow& flow) {
  flow.blocked = false;
  Rules& rule = rules(flow.toward);
  while (!flow.queue.empty() && !blackhole_) {
    const auto now = Clock::now();
    if (flow.next() > now) return;
    std::string& bytes = flow.queue.front().bytes;
    std::size_t most = bytes.size();
    if (rule.bytes_per_second != 0) most = std::min(most, std::size_t{1} + rule.bytes_per_second / 20);
    if (rule.cut_after) most = std::min<std::size_t>(most, *rule.cut_after);
    const auto count = most == 0 ? 0 : ::send(flow.to, bytes.data(), most, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0) {
      flow.blocked = would_block();
      if (!flow.blocked) end(link);
      return;
    }
    const auto sent = static_cast<std::size_t>(count);
    rule.passed += sent;
    flow.queued -= sent;
    bytes.erase(0, sent);
    if (bytes.empty()) flow.queue.pop_front();
    if (rule.bytes_per_second != 0) {
      flow.free_at = now + std::chrono::microseconds(1'000'000 * sent / rule.bytes_per_second);
    }
    if (rule.cut_after && (*rule.cut_after -= sent) == 0) {
      rule.cut_after.reset();
      cut(link);
      return;
    }
  }
  if (flow.ended && !flow.closed && flow.queue.empty()) {
    flow.closed = true;
    ::shutdown(flow.to, SHUT_WR);
  }
}

int FaultProxy::time_to_next() const {
  auto next = Clock::time_point::max();
  for (const auto& link : links_) {
    for (const auto& flow : link.flows) {
      if (!flow.queue.empty() && !flow.blocked && !blackhole_) next = std::min(next, flow.next());
    }
  }
  if (next == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000));
}

void FaultProxy::run(const std::stop_token& stop) {
  std::vector<pollfd> polled;
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    polled.assign({{.fd = wake_up_, .events = POLLIN, .revents = 0},
                   {.fd = listener_, .events = POLLIN, .revents = 0}});
    for (const auto& link : links_) {
      for (const auto& flow : link.flows) {
        const bool reads = flow.wants_input() && !blackhole_;
        const bool writes = flow.blocked && !blackhole_;
        polled.push_back({.fd = reads ? flow.from : -1, .events = POLLIN, .revents = 0});
        polled.push_back({.fd = writes ? flow.to : -1, .events = POLLOUT, .revents = 0});
      }
    }
    const int timeout = time_to_next();
    lock.unlock();
    ::poll(polled.data(), polled.size(), timeout);
    lock.lock();
    std::uint64_t drained = 0;
    [[maybe_unused]] const auto count = ::read(wake_up_, &drained, sizeof drained);
    for (const int listener : std::exchange(retired_, {})) ::close(listener);
    std::size_t at = 2;
    for (auto& link : links_) {
      for (auto& flow : link.flows) {
        if (polled[at].revents != 0 && !link.dead && !blackhole_) receive(link, flow);
        at += 2;
      }
      for (auto& flow : link.flows) {
        if (!link.dead) send(link, flow);
      }
    }
    links_.remove_if([](const Link& link) {
      return link.dead ||
             (link.flows[0].ended && link.flows[0].closed && link.flows[1].ended && link.flows[1].closed);
    });
    if (listener_ >= 0 && polled[1].fd == listener_ && polled[1].revents != 0) take_connection();
  }
}

}  // namespace leat::test
