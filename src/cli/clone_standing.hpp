#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat::cli {

/// A thing behind the rows that a target has.
struct StandingPart {
  std::string part;          ///< as CloneParts has it
  std::string undo;          ///< SQL that takes it away, with what is attached to it
  std::string index;         ///< the topmost index that it is or needs; empty for none
  bool needs_index = false;  ///< a foreign key that refers to that index
  bool has_owner = false;    ///< which a statement of its own sets
};

/// In an order in which they can be taken away.
[[nodiscard]] std::vector<StandingPart> standing_parts(Connection& target, const std::stop_token& stop);

/// Takes away what is quickly made again: event triggers, publications and subscriptions that
/// leat_meta.clone_parts names (others are the target's own, and stay), statistics objects, triggers, rules,
/// policies, row security, and comments on indexes and keys. What has an owner is two statements of
/// pg_restore, of which the second may be missing; so is a comment that the source has no more.
void remove_quick_parts(Connection& target, const std::stop_token& stop);

}  // namespace leat::cli
