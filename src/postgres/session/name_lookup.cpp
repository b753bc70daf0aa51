// Names of hosts by c-ares, whose sockets are polled together with the stop: getaddrinfo(), which libpq
// calls, hears nothing until the system's resolver gives up.
#include "postgres/session/name_lookup.hpp"

#ifdef LEAT_HAS_CARES

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>

#include "leat/core/error.hpp"
#include "postgres/session/address_order.hpp"

namespace leat::postgres_detail {
namespace {

/// How long others are waited for once the first name is known, at most half of what is left.
constexpr std::chrono::seconds grace{1};

/// c-ares wants to be told once that it is used, before any thread uses it.
bool library_is_ready() {
  static const int status = ::ares_library_init(ARES_LIB_INIT_ALL);
  return status == ARES_SUCCESS;
}

/// What c-ares is asked for one name. It stays in its place until it is answered.
struct NameQuery {
  bool is_done = false;
  int status = ARES_ETIMEOUT;
  int timeouts = 0;
  std::unique_ptr<ares_addrinfo, decltype(&::ares_freeaddrinfo)> answer{nullptr, &::ares_freeaddrinfo};
};

std::string in_numbers(const ares_addrinfo_node& node) {
  std::array<char, NI_MAXHOST> text{};
  const auto size = static_cast<socklen_t>(text.size());
  const int failure = ::getnameinfo(node.ai_addr, static_cast<socklen_t>(node.ai_addrlen), text.data(), size,
                                    nullptr, 0, NI_NUMERICHOST);
  return failure == 0 ? text.data() : "";
}

std::vector<std::string> addresses_of(const ares_addrinfo* answer) {
  std::vector<std::string> addresses;
  for (const ares_addrinfo_node* node = answer == nullptr ? nullptr : answer->nodes; node != nullptr;
       node = node->ai_next) {
    std::string text = in_numbers(*node);
    const bool is_known = std::find(addresses.begin(), addresses.end(), text) != addresses.end();
    if (!text.empty() && !is_known) addresses.push_back(std::move(text));
  }
  return addresses;
}

FoundName found_by(const std::string& name, const NameQuery& query) {
  FoundName found{.name = name};
  if (!query.is_done) return found;
  if (query.status == ARES_SUCCESS) found.addresses = addresses_of(query.answer.get());
  const bool is_no = query.status == ARES_SUCCESS || query.status == ARES_ENOTFOUND ||
                     query.status == ARES_ENODATA || query.status == ARES_ENONAME;
  if (!found.addresses.empty()) {
    found.state = NameState::found;
  } else if (query.status != ARES_ETIMEOUT && (is_no || query.timeouts == 0)) {
    // A server that refuses to answer is at least there, so that libpq does not wait for it either.
    found.state = NameState::unknown;
  }
  return found;
}

/// Names on their way. Ends with all that c-ares has for them: sockets, queries.
class NameQueries {
 public:
  NameQueries(std::span<const std::string> names, const NameLookupOptions& options)
      : names_(names), queries_(names.size()), of_ipv4_(names.size()) {
    ares_options settings{};
    settings.sock_state_cb = &hear_of_socket;
    settings.sock_state_cb_data = this;
    ares_channeldata* channel = nullptr;
    const int status = ::ares_init_options(&channel, &settings, ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_ENOMEM) throw std::bad_alloc();
    channel_.reset(channel);
    const bool has_servers = options.servers.empty() ||
                             (status == ARES_SUCCESS &&
                              ::ares_set_servers_ports_csv(channel, options.servers.c_str()) == ARES_SUCCESS);
    if (status != ARES_SUCCESS || !has_servers) {
      // Without it all is as it would be without c-ares.
      for (NameQuery& query : queries_) query = {.is_done = true, .status = ARES_ENOTFOUND};
      return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    for (std::size_t i = 0; i < names.size(); ++i) {
      ::ares_getaddrinfo(channel, names[i].c_str(), nullptr, &hints, &hear_answer, &queries_[i]);
    }
  }
  NameQueries(const NameQueries&) = delete;
  NameQueries& operator=(const NameQueries&) = delete;
  ~NameQueries() = default;

  /// Asks for the IPv4 addresses alone of names that are still open: where questions for IPv6 are dropped,
  /// both kinds would be waited for until the last try for those.
  void ask_for_ipv4() {
    asks_for_ipv4_ = true;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (queries_[i].is_done) continue;
      ::ares_getaddrinfo(channel_.get(), names_[i].c_str(), nullptr, &hints, &hear_answer, &of_ipv4_[i]);
    }
  }
  [[nodiscard]] bool asks_for_ipv4() const { return asks_for_ipv4_; }

  /// What is known by now, in the order of the names.
  [[nodiscard]] FoundName found(std::size_t name) const {
    const NameQuery& both = queries_[name];
    const NameQuery& ipv4 = of_ipv4_[name];
    const bool has_ipv4 = ipv4.is_done && ipv4.status == ARES_SUCCESS;
    return found_by(names_[name], !both.is_done && has_ipv4 ? ipv4 : both);
  }
  [[nodiscard]] bool knows_any() const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (found(i).state != NameState::unanswered) return true;
    }
    return false;
  }
  [[nodiscard]] bool wait_for_some() const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (!queries_[i].is_done && found(i).state == NameState::unanswered) return true;
    }
    return false;
  }

  /// Waits for the next news of any query, at most until then.
  void wait(Clock::time_point until, WakeUp& wake_up, const std::stop_token& stop) {
    if (lacks_memory_) throw std::bad_alloc();
    // c-ares asks again, or another server, when a time of its own has passed.
    timeval room{};
    if (const timeval* own = ::ares_timeout(channel_.get(), nullptr, &room)) {
      const auto moment = std::chrono::seconds(own->tv_sec) + std::chrono::microseconds(own->tv_usec);
      until = std::min(until, Clock::now() + moment);
    }
    std::vector<pollfd> polled = sockets_;
    polled.emplace_back();
    if (wake_up.wait(polled, until, stop) == WaitResult::timeout) {
      ::ares_process_fd(channel_.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      return;
    }
    polled.pop_back();
    for (const pollfd& socket : polled) {
      const bool may_read = (socket.revents & ~POLLOUT) != 0;
      const bool may_write = (socket.revents & POLLOUT) != 0;
      if (!may_read && !may_write) continue;
      ::ares_process_fd(channel_.get(), may_read ? socket.fd : ARES_SOCKET_BAD,
                        may_write ? socket.fd : ARES_SOCKET_BAD);
    }
  }

 private:
  static void hear_answer(void* place, int status, int timeouts, ares_addrinfo* answer) {
    auto& query = *static_cast<NameQuery*>(place);
    query.answer.reset(answer);
    query.status = status;
    query.timeouts = timeouts;
    query.is_done = true;
  }

  static void hear_of_socket(void* object, ares_socket_t socket, int readable, int writable) {
    auto& self = *static_cast<NameQueries*>(object);
    auto& sockets = self.sockets_;
    sockets.erase(std::remove_if(sockets.begin(), sockets.end(),
                                 [socket](const pollfd& one) { return one.fd == socket; }),
                  sockets.end());
    if (readable == 0 && writable == 0) return;
    const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
    try {
      sockets.push_back({.fd = socket, .events = static_cast<short>(events), .revents = 0});
    } catch (const std::bad_alloc&) {  // nothing may be thrown through c-ares
      self.lacks_memory_ = true;
    }
  }

  const std::span<const std::string> names_;
  std::vector<NameQuery> queries_;  // as many from the beginning
  std::vector<NameQuery> of_ipv4_;
  bool asks_for_ipv4_ = false;
  std::vector<pollfd> sockets_{};
  bool lacks_memory_ = false;
  // Last: when it ends it answers what is not answered, and closes its sockets.
  std::unique_ptr<ares_channeldata, decltype(&::ares_destroy)> channel_{nullptr, &::ares_destroy};
};

}  // namespace

bool looks_up_names() noexcept {
  return library_is_ready();
}

std::vector<FoundName> look_up_names(std::span<const std::string> names, LookupLimits limits, WakeUp& wake_up,
                                     const std::stop_token& stop, const NameLookupOptions& options) {
  std::vector<FoundName> found;
  if (!library_is_ready()) {
    for (const auto& name : names) found.push_back({.name = name, .state = NameState::unknown});
    return found;
  }
  if (stop.stop_requested()) throw Stopped();
  NameQueries queries(names, options);
  const auto start = Clock::now();
  const auto half = start + (limits.deadline - start) / 2;
  std::optional<Clock::time_point> end_of_rest;
  while (queries.wait_for_some()) {
    const auto now = Clock::now();
    if (!end_of_rest && queries.knows_any()) {
      // One server has answered: the same one answers the others now, however late.
      const auto left = std::max(limits.deadline - now, Clock::duration::zero());
      end_of_rest = std::max(limits.rest, now + std::min<Clock::duration>(grace, left / 2));
    }
    const auto until = end_of_rest.value_or(limits.deadline);
    if (now >= until) break;
    if (now >= half && !queries.asks_for_ipv4()) queries.ask_for_ipv4();
    queries.wait(queries.asks_for_ipv4() ? until : std::min(until, half), wake_up, stop);
  }
  const bool ipv4_first = prefers_ipv4();
  for (std::size_t i = 0; i < names.size(); ++i) {
    found.push_back(queries.found(i));
    auto& addresses = found.back().addresses;
    if (!ipv4_first) continue;
    std::stable_partition(addresses.begin(), addresses.end(),
                          [](const auto& address) { return address.find(':') == std::string::npos; });
  }
  return found;
}

}  // namespace leat::postgres_detail

#else

namespace leat::postgres_detail {

bool looks_up_names() noexcept {
  return false;
}

std::vector<FoundName> look_up_names(std::span<const std::string> names, LookupLimits /*limits*/,
                                     WakeUp& /*wake_up*/, const std::stop_token& /*stop*/,
                                     const NameLookupOptions& /*options*/) {
  std::vector<FoundName> found;
  for (const auto& name : names) found.push_back({.name = name, .state = NameState::unknown});
  return found;
}

}  // namespace leat::postgres_detail

#endif
