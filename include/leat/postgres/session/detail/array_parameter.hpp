#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leat/data/schema.hpp"

namespace leat::postgres_detail {

/// SQL's notation of an array of oids, for a parameter.
[[nodiscard]] std::string oid_array(std::span<const Oid> oids);

/// SQL's notation of an array of texts, for a parameter.
[[nodiscard]] std::string text_array(std::span<const std::string> values);

/// Oids between blanks.
[[nodiscard]] std::vector<Oid> to_oids(std::string_view text);

}  // namespace leat::postgres_detail
