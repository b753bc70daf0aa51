#pragma once

#include <span>
#include <string>

#include "leat/data/schema.hpp"

namespace leat::postgres_detail {

/// SQL's notation of an array of oids, for a parameter.
[[nodiscard]] std::string oid_array(std::span<const Oid> oids);

/// SQL's notation of an array of texts, for a parameter.
[[nodiscard]] std::string text_array(std::span<const std::string> values);

}  // namespace leat::postgres_detail
