#pragma once

#include <stop_token>
#include <string>

#include "leat/postgres/session/connection.hpp"

namespace leat::registry_detail {

// leat_meta.transforms: one row a version of a transform. A trigger refuses that a row changes, but in its
// state. The part "transforms" in leat_meta.layouts.

/// What is known of the table before it is used.
struct TransformTable {
  bool exists = false;
  bool may_add = false;  ///< this role
};

/// Looks at it. @throws Error (target): 42501 where this role may not read it, or where its owner could have
/// this role run SQL of his own; 0A000 where a newer leat has made it.
[[nodiscard]] TransformTable look_at_transforms(Connection& store, const std::stop_token& stop);

/// Makes it where it is missing, in a transaction of its own. @throws Error (target, 42501) that says what to
/// grant, also where it is there and this role may not add to it.
void make_transforms(Connection& store, const std::stop_token& stop);

}  // namespace leat::registry_detail
