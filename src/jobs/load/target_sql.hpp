#pragma once

namespace leat::jobs_detail {

/// How the target is written.
inline constexpr const char* target_transaction = "ISOLATION LEVEL READ COMMITTED";
inline constexpr const char* silence_triggers = "SET LOCAL session_replication_role = replica";

}  // namespace leat::jobs_detail
