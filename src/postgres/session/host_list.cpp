#include "postgres/session/host_list.hpp"

#include <netdb.h>

#include <algorithm>

namespace leat::postgres_detail {
namespace {

std::vector<std::string> elements_of(std::string_view list) {
  std::vector<std::string> elements;
  while (true) {
    const auto comma = list.find(',');
    elements.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return elements;
    list.remove_prefix(comma + 1);
  }
}

/// Numbers in any notation that the system takes for an address, "127.1" and "fe80::1%eth0" among them.
bool is_address(const std::string& text) {
  if (text.find(':') != std::string::npos) return true;  // no name has one
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* answer = nullptr;
  if (::getaddrinfo(text.c_str(), nullptr, &hints, &answer) != 0) return false;
  ::freeaddrinfo(answer);
  return true;
}

bool is_name(const std::string& host) {
  // Nothing, a folder, or @ and an abstract name: a Unix socket.
  return !host.empty() && host.front() != '/' && host.front() != '@' && !is_address(host);
}

void add_to(std::string& list, std::string_view element, bool is_first) {
  if (!is_first) list += ',';
  list += element;
}

}  // namespace

HostList::HostList(std::string_view host, std::string_view hostaddr, std::string_view port) {
  if (host.empty() || !hostaddr.empty()) return;
  const auto hosts = elements_of(host);
  const auto ports = elements_of(port);
  has_ports_ = ports.size() > 1;
  if (has_ports_ && ports.size() != hosts.size()) return;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts_.push_back({.name = hosts[i], .port = has_ports_ ? ports[i] : ""});
    if (!is_name(hosts[i])) {
      has_others_ = true;
    } else if (std::find(names_.begin(), names_.end(), hosts[i]) == names_.end()) {
      names_.push_back(hosts[i]);
    }
  }
}

bool HostList::set_addresses(ConnectionTarget& target, std::span<const FoundName> found) const {
  std::string hosts;
  std::string addresses;
  std::string ports;
  std::size_t count = 0;
  bool has_address = false;
  const auto add = [&](const Host& host, const std::string& address) {
    const bool is_first = count++ == 0;
    add_to(hosts, host.name, is_first);
    add_to(addresses, address, is_first);
    add_to(ports, host.port, is_first);
    has_address = has_address || !address.empty();
  };
  for (const Host& host : hosts_) {
    const auto known =
        std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.name == host.name; });
    if (known == found.end() || known->state == NameState::unknown) {
      add(host, "");
    } else {
      for (const auto& address : known->addresses) add(host, address);
    }
  }
  if (count == 0) return false;
  target.set("host", hosts);
  if (has_address) target.set("hostaddr", addresses);
  if (has_ports_) target.set("port", ports);
  return true;
}

std::string with_names(std::string message, std::span<const FoundName> found) {
  for (const FoundName& one : found) {
    for (const auto& address : one.addresses) {
      // Elsewhere it may be the client's own: no pg_hba.conf entry for host "127.0.0.1".
      const std::string before = "server at \"" + address + '"';
      const std::string after = "server at \"" + one.name + "\" (" + address + ")";
      for (auto at = message.find(before); at != std::string::npos;
           at = message.find(before, at + after.size())) {
        message.replace(at, before.size(), after);
      }
    }
  }
  return message;
}

}  // namespace leat::postgres_detail
