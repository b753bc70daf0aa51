#pragma once

#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/session/connection.hpp"

namespace leat::cli {

/// What stands behind the rows: each thing as pg_restore lists it, without its owner ("INDEX public
/// orders_by_day"), and the SQL that makes it.
using CloneParts = std::map<std::string, std::string>;

/// Of a script of pg_restore. A pure function.
[[nodiscard]] CloneParts parts_of_script(const std::string& script);

/// Those of a target that need not be made.
struct KeptParts {
  std::set<std::string> standing{};  ///< as CloneParts has them
  std::vector<std::string> notes{};  ///< sentences: what an earlier run has made, and was taken away
};

/// Makes way for `wanted` where an earlier run has made parts, in one transaction: takes away what is quickly
/// made again, and indexes, constraints and the like that are defined otherwise than when they were made.
/// Notes in leat_meta.clone_parts what is wanted.
/// @throws Error (target) if something cannot be taken away.
[[nodiscard]] KeptParts make_way(Connection& target, const CloneParts& wanted, const std::stop_token& stop);

/// Notes in leat_meta.clone_parts what will be made.
void note_parts(Connection& target, const CloneParts& wanted, const std::stop_token& stop);

}  // namespace leat::cli
