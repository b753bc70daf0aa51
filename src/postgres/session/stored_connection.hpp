#pragma once

#include <stop_token>
#include <string_view>

#include "leat/postgres/session/connection_factory.hpp"
#include "postgres/session/connections_file.hpp"

namespace leat::postgres_detail {

/// What the entry of that id means, with all that it refers to.
/// @throws Error (config) that names the file, the id and the key, and all that is missing, never a value;
/// (cancelled) after a stop.
[[nodiscard]] ResolvedConnection stored_connection(const ConnectionsFile& file, std::string_view id,
                                                   const std::stop_token& stop);

/// Looks at the form of all entries. @throws as stored_connection(), but for what is missing.
void check_connections(const ConnectionsFile& file);

[[nodiscard]] KnownConnection known_connection(const ConnectionsFile& file, std::string_view id);

/// Whether a password stands in the file itself.
[[nodiscard]] bool holds_password(const ConnectionsFile& file);

}  // namespace leat::postgres_detail
