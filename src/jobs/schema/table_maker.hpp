#pragma once

#include <optional>
#include <span>
#include <stop_token>

#include "jobs/schema/target_creation.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_definition.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Makes the table in the target's transaction, and tries what is to come after its rows. Sequences, keys,
/// indexes and statistics objects get other names where theirs are taken in its schema, now or by `taken`.
/// What the server refuses of it is left out, which remarks tell. Returns the error with which it refuses the
/// table itself.
[[nodiscard]] std::optional<Error> make_table(Connection& target, TableDefinition table,
                                              std::span<const TableName> taken, TargetCreation& creation,
                                              const std::stop_token& stop);

}  // namespace leat::jobs_detail
