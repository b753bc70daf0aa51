#pragma once

#include <string_view>

namespace leat::postgres_detail {

/// True where a text as that of gai.conf(5) puts IPv4 before IPv6: by precedences of ::ffff:0:0/96 and ::/0.
/// That is the one of its rules which is in wide use; c-ares knows only the usual order (RFC 6724).
[[nodiscard]] bool prefers_ipv4(std::string_view gai_conf);

/// The same of this machine's /etc/gai.conf.
[[nodiscard]] bool prefers_ipv4();

}  // namespace leat::postgres_detail
