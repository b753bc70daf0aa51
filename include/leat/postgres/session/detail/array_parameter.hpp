#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"

namespace leat::postgres_detail {

/// An array of oids in SQL's notation, for a parameter.
[[nodiscard]] LEAT_EXPORT std::string oid_array(std::span<const Oid> oids);

/// An array of texts in SQL's notation, for a parameter.
[[nodiscard]] LEAT_EXPORT std::string text_array(std::span<const std::string> values);

/// Oids separated by blanks.
[[nodiscard]] LEAT_EXPORT std::vector<Oid> to_oids(std::string_view text);

}  // namespace leat::postgres_detail
