#include "postgres/session/host_lookup.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "postgres/session/pg_error.hpp"

namespace leat::postgres_detail {
namespace {

std::vector<std::string> parts_of_list(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const auto end = list.find(',');
    parts.emplace_back(list.substr(0, end));
    if (end == std::string_view::npos) return parts;
    list.remove_prefix(end + 1);
  }
}

/// Not a socket's directory, and not an address already.
bool is_host_name(const std::string& host) {
  if (host.empty() || host.front() == '/' || host.front() == '@') return false;
  std::array<unsigned char, sizeof(in_addr)> address{};
  return host.find(':') == std::string::npos && ::inet_pton(AF_INET, host.c_str(), address.data()) != 1;
}

/// A parameter of the target, or else of libpq's environment.
std::string given_parameter(const ConnectionTarget& target, std::string_view keyword, const char* variable) {
  const std::string_view own = target.get(keyword);
  if (!own.empty()) return std::string(own);
  const char* text = std::getenv(variable);
  return text == nullptr ? "" : text;
}

/// Where a lookup and who waits for it meet.
struct LookupAnswer {
  std::mutex mutex;
  std::condition_variable_any came;
  std::optional<HostAddresses> addresses;
};

HostAddresses wait_for_lookup(const std::string& name, ErrorKind side, Clock::time_point deadline,
                              const std::stop_token& stop, const HostLookup& lookup) {
  const auto answer = std::make_shared<LookupAnswer>();
  std::thread asking([answer, name, lookup] {
    HostAddresses found;
    try {
      found = lookup(name);
    } catch (const std::exception& error) {
      found.failure = error.what();
    }
    const std::lock_guard lock(answer->mutex);
    answer->addresses = std::move(found);
    answer->came.notify_all();
  });
  std::unique_lock lock(answer->mutex);
  const auto has_come = [&] { return answer->addresses.has_value(); };
  if (answer->came.wait_until(lock, stop, deadline, has_come)) {
    lock.unlock();
    asking.join();
    return std::move(*answer->addresses);
  }
  lock.unlock();
  asking.detach();
  if (stop.stop_requested()) throw Stopped();
  throw Error(
      side, "no name server said in time where host \"" + name + "\" is",
      {.sqlstate = "08001", .hint = "check the host's name, and that the system's name servers answer"});
}

/// Hosts with their addresses and ports, as libpq takes them: three lists.
struct HostLists {
  std::string hosts;
  std::string addresses;
  std::string ports;
  bool is_empty = true;

  void add(const std::string& host, const std::string& address, const std::string& port) {
    const char* comma = std::exchange(is_empty, false) ? "" : ",";
    hosts.append(comma).append(host);
    addresses.append(comma).append(address);
    ports.append(comma).append(port);
  }
};

}  // namespace

HostAddresses look_up_host(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int code = ::getaddrinfo(name.c_str(), nullptr, &wanted, &first);
  if (code != 0) return {.failure = ::gai_strerror(code)};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(first, &::freeaddrinfo);
  HostAddresses found;
  for (const addrinfo* one = first; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) ==
        0) {
      found.addresses.emplace_back(text.data());
    }
  }
  if (found.addresses.empty()) found.failure = "it has no address";
  return found;
}

ConnectionTarget with_addresses(ConnectionTarget target, ErrorKind side, Clock::time_point deadline,
                                const std::stop_token& stop, const HostLookup& lookup) {
  if (!given_parameter(target, "service", "PGSERVICE").empty()) return target;
  const auto hosts = parts_of_list(given_parameter(target, "host", "PGHOST"));
  if (std::none_of(hosts.begin(), hosts.end(), is_host_name)) return target;
  const std::string given_addresses = given_parameter(target, "hostaddr", "PGHOSTADDR");
  const std::string given_ports = given_parameter(target, "port", "PGPORT");
  auto addresses = parts_of_list(given_addresses);
  auto ports = parts_of_list(given_ports);
  if (given_addresses.empty()) addresses.resize(hosts.size());
  if (ports.size() == 1) ports.resize(hosts.size(), ports.front());
  // Libpq says best what is wrong here.
  if (addresses.size() != hosts.size() || ports.size() != hosts.size()) return target;
  HostLists lists;
  std::string failures;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!addresses[i].empty() || !is_host_name(hosts[i])) {
      lists.add(hosts[i], addresses[i], ports[i]);
      continue;
    }
    const HostAddresses found = wait_for_lookup(hosts[i], side, deadline, stop, lookup);
    for (const auto& address : found.addresses) lists.add(hosts[i], address, ports[i]);
    if (!found.addresses.empty()) continue;
    failures += (failures.empty() ? "" : "\n") + ("could not translate host name \"" + hosts[i]) +
                "\" to address: " + found.failure;
  }
  if (lists.is_empty) throw error_from_connect(side, failures);
  target.set("host", lists.hosts);
  target.set("hostaddr", lists.addresses);
  if (!given_ports.empty()) target.set("port", lists.ports);
  return target;
}

}  // namespace leat::postgres_detail
