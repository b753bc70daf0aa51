#pragma once

#include <map>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/schema.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::postgres_detail {

/// The labels of these enums, in the order of their values. An enum without labels is left out.
[[nodiscard]] std::map<Oid, std::vector<std::string>> read_enum_labels(Connection& connection,
                                                                       std::span<const Oid> enums,
                                                                       const std::stop_token& stop);

}  // namespace leat::postgres_detail
