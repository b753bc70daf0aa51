#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/postgres/session/connection_target.hpp"
#include "postgres/session/name_lookup.hpp"

namespace leat::postgres_detail {

/// The servers that a connection names, in the order in which libpq tries them. A value.
class HostList {
 public:
  /// By libpq's values of these three. A list that libpq refuses, and one with addresses, is an empty one:
  /// nothing is to be looked up.
  HostList(std::string_view host, std::string_view hostaddr, std::string_view port);

  /// What has to be looked up, each name once: no socket's folder and no address.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// True if some of the servers need no lookup.
  [[nodiscard]] bool has_others() const { return has_others_; }

  /// Sets host, hostaddr and port, so that libpq has each found address as a server of its own, with its
  /// name. It looks up by itself what is unknown, and never hears of names that nobody has answered.
  /// @returns false, and sets nothing, if no server is left.
  bool set_addresses(ConnectionTarget& target, std::span<const FoundName> found) const;

 private:
  struct Host {
    std::string name{};
    std::string port{};
  };

  std::vector<Host> hosts_{};
  bool has_ports_ = false;  // one for each
  bool has_others_ = false;
  std::vector<std::string> names_{};
};

/// Libpq's words about a connection, in which each address that it was given has its name again.
[[nodiscard]] std::string with_names(std::string message, std::span<const FoundName> found);

}  // namespace leat::postgres_detail
