#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// The types as SQL that means no other type, and no modifier; empty where values of one of them cannot be
/// written.
[[nodiscard]] LEAT_EXPORT std::vector<std::string> type_names(Connection& session,
                                                              const std::vector<Oid>& types,
                                                              const std::stop_token& stop);

}  // namespace leat::postgres_detail
