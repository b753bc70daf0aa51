#pragma once

#include <string>

/// What the catalog is asked of tables whose oids are $1, for read_definitions(). Each answer begins with the
/// table's oid.
namespace leat::postgres_detail::definition_queries {

[[nodiscard]] std::string tables(int server_version);
[[nodiscard]] std::string columns(int server_version);
[[nodiscard]] std::string sequences();
[[nodiscard]] std::string constraints();
[[nodiscard]] std::string indexes();
[[nodiscard]] std::string statistics();

}  // namespace leat::postgres_detail::definition_queries
