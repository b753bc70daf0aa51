#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey/survey.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Moves the sequences of columns that were loaded beyond their largest value, in the open transaction. Adds
/// to `notes` what came of it: what a sequence refuses is no failure of the load.
void advance_sequences(Connection& connection, const TableFacts& facts, std::span<const std::string> columns,
                       std::vector<std::string>& notes, const std::stop_token& stop);

}  // namespace leat::jobs_detail
