#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/postgres/session/identifier.hpp"

namespace leat::jobs_detail {

// The record of tables that a run over many tables makes, and that are to be joined with others by foreign
// keys or as partitions when all of them are there: a table in the target, for as long as that is not done.
// So the same command goes on, and knows its own tables from those that somebody else has made. It is gone
// when nothing is in it. Its rows are names and oids, and never SQL.

/// Notes that the target lacks these tables, and that a run makes them, for the jobs of that name (empty:
/// without a name), in a transaction of its own. False where this role may keep no record; nothing is changed
/// then.
[[nodiscard]] LEAT_EXPORT bool note_missing(Connection& target, std::span<const TableName> tables,
                                            const std::string& job, const std::stop_token& stop);

/// Notes which tables these are now, in the transaction that has made them. Only where there is a record.
LEAT_EXPORT void note_made(Connection& target, std::span<const TableName> tables,
                           const std::stop_token& stop);

/// Which of these tables stand in the record as those that are there now: it has their oids, or a run of that
/// job was to make them. None where there is no record, or where this role may not read it.
[[nodiscard]] LEAT_EXPORT std::vector<bool> find_made(Connection& target, std::span<const TableName> tables,
                                                      const std::string& job, const std::stop_token& stop);

/// What the record says of a table.
enum class Noted {
  any,
  missing,  ///< that it was not made
};

/// Takes those of these tables out of the record of which it says this, and removes it if nothing else is in
/// it, in a transaction of its own.
LEAT_EXPORT void forget_noted(Connection& target, std::span<const TableName> tables, Noted noted,
                              const std::stop_token& stop);

}  // namespace leat::jobs_detail
