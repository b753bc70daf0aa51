#pragma once

#include <stop_token>

#include "leat/postgres/session/connection.hpp"

namespace leat::registry_detail {

// The tables of schemas in leat_meta, a part of its layouts of its own ("schemas"):
//   schemas       one row a version; a trigger keeps rows from being changed or deleted
//   schema_rules  one row a subject: its rule. Whoever registers a version locks it first.
//   schema_loads  one row a subject and load: the version that the load has found last

/// Whether they are there. @throws Error (target): 42501 where their owner is not trusted or this role may
/// not read them, 0A000 where a newer leat has made them.
[[nodiscard]] bool has_schema_tables(Connection& connection, const std::stop_token& stop);

/// Makes them where they are missing, in a transaction of its own. @throws Error (target).
void make_schema_tables(Connection& connection, const std::stop_token& stop);

}  // namespace leat::registry_detail
