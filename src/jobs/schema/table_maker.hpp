#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/schema/target_creation.hpp"
#include "leat/core/error.hpp"
#include "leat/postgres/catalog/table_definition.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Gives sequences, keys and indexes of a table other names where theirs are taken in its schema.
void give_free_names(Connection& target, TableDefinition& table, const std::stop_token& stop);

/// Makes the table in the target's transaction, and tries what is to come after its rows. What the server
/// refuses of it is left out, which remarks tell. Returns the error with which it refuses the table itself.
[[nodiscard]] std::optional<Error> make_table(Connection& target, TableDefinition table,
                                              TargetCreation& creation, std::vector<std::string>& remarks,
                                              const std::stop_token& stop);

}  // namespace leat::jobs_detail
