#pragma once

#include <functional>
#include <string>

#include "leat/postgres/catalog/table_list.hpp"

namespace leat::postgres_detail {

/// What was probably meant by a pattern that matches nothing: the same with its letters as they are in double
/// quotes, or with its * and ? outside of them, where that matches something. Empty for neither.
[[nodiscard]] std::string pattern_meant(const TablePattern& pattern,
                                        const std::function<bool(const TablePattern&)>& matches);

}  // namespace leat::postgres_detail
