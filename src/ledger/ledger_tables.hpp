#pragma once

#include <stop_token>
#include <string>

#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

// The ledger's tables in leat_meta:
//   jobs          one row a job
//   job_slices    the plan of each job's run
//   job_ledger    one row a slice that is done, committed with the slice's rows
//   job_rejects   rows that slices which are done have rejected, committed with them
//   job_texts     conditions and expressions of their commands, for who gave them alone
//   job_sessions  the server's processes of attempts; number 0 for an attempt behind a pooler
//   job_workers   processes that work on an attempt, and how others can join them
//   job_claims    which of them does which slice
//   layouts       which layout leat's tables have, a row for each part of leat that has some
// Invariant: a row of job_ledger is visible exactly where the rows of its slice are.

/// What is known of the tables before they are used.
struct LedgerFacts {
  bool exists = false;
  bool is_complete = false;  ///< none is missing, but perhaps those that came later
  bool keeps_rejects = false;
  bool keeps_texts = false;    ///< else it has layout 1
  bool keeps_workers = false;  ///< has job_workers and job_claims
  bool may_read = false;       ///< by this role
  bool may_write = false;
  std::string untrusted_owner{};  ///< "" where all owners are trusted
  std::string role{};             ///< this one
};

/// `table` is the one that is loaded, whose owner is trusted as well; 0 is none.
[[nodiscard]] LedgerFacts look_at_ledger(Connection& connection, Oid table, const std::stop_token& stop);

/// @throws Error (target): 42501, saying what to grant, where nothing can be made in leat_meta.
void require_may_make(Connection& connection, const std::string& role, const std::string& what,
                      const std::stop_token& stop);

/// Makes them where they are missing, and upgrades those of an older layout, in a transaction of its own.
/// @throws Error (target, 42501) before it touches tables of an owner that is not trusted.
void make_ledger(Connection& connection, Oid table, const std::stop_token& stop);

/// @throws Error (target, 42501) where the ledger has an older layout, and this role may not change that.
void require_may_upgrade(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop);

/// @throws Error (target): 42501 or 0A000.
void require_readable(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop);
/// The same, and for whoever changes rows.
void require_usable(Connection& connection, const LedgerFacts& facts, const std::stop_token& stop);

}  // namespace leat::postgres_detail
