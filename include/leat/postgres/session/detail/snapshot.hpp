#pragma once

#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// How a source is read: one snapshot, nothing changed.
inline constexpr const char* source_transaction = "ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The name by which other sessions read in the snapshot of the session's transaction, until that ends.
[[nodiscard]] LEAT_EXPORT std::string export_snapshot(Connection& session, const std::stop_token& stop);

/// Has the session's transaction, which has just begun, read in the snapshot that another session has
/// exported.
/// @throws Error (08003) where that one was lost, as of a lost connection.
LEAT_EXPORT void take_snapshot(Connection& session, const std::string& snapshot, const std::stop_token& stop);

}  // namespace leat::postgres_detail
