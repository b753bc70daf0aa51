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

#include "leat/core/error.hpp"
#include "postgres/session/address_order.hpp"

namespace leat::postgres_detail {
namespace {

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

/// Names on their way. Ends with all that c-ares has for them: sockets, queries.
class NameQueries {
 public:
  NameQueries(std::span<const std::string> names, const NameLookupOptions& options) : queries_(names.size()) {
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

  [[nodiscard]] const std::vector<NameQuery>& all() const { return queries_; }

  [[nodiscard]] bool wait_for_some() const {
    return std::any_of(queries_.begin(), queries_.end(), [](const auto& query) { return !query.is_done; });
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

  std::vector<NameQuery> queries_;  // as many from the beginning
  std::vector<pollfd> sockets_{};
  bool lacks_memory_ = false;
  // Last: when it ends it answers what is not answered, and closes its sockets.
  std::unique_ptr<ares_channeldata, decltype(&::ares_destroy)> channel_{nullptr, &::ares_destroy};
};

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
  const auto any_is_known = [&] {
    return std::any_of(queries.all().begin(), queries.all().end(), [](const NameQuery& query) {
      return found_by({}, query).state != NameState::unanswered;
    });
  };
  while (queries.wait_for_some()) {
    const auto until = any_is_known() ? limits.rest : limits.deadline;
    queries.wait(until, wake_up, stop);
    if (Clock::now() >= until) break;
  }
  const bool ipv4_first = prefers_ipv4();
  for (std::size_t i = 0; i < names.size(); ++i) {
    found.push_back(found_by(names[i], queries.all()[i]));
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
