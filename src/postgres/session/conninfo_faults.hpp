#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leat::postgres_detail {

/// The names of all parameters that this libpq knows.
[[nodiscard]] std::vector<std::string> connection_keywords();

/// True for a URI of which libpq would take a part of the password for a host, a port or a database, and show
/// it in its messages: one whose password holds '/' or '@' as it is, or that has no host behind the password.
[[nodiscard]] bool splits_password(std::string_view uri);

/// Says why libpq does not take a text, by what it has said about it, without any word that may be a part of
/// a password. @throws Error (config), always.
[[noreturn]] void refuse_conninfo(std::string_view text, std::string_view libpq_says);

}  // namespace leat::postgres_detail
