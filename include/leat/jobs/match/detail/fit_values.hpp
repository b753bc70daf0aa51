#pragma once

#include <cstdint>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/postgres/catalog/type_info.hpp"

namespace leat::jobs_detail {

/// Whether all values of one type have a place in another one.
struct ValueFit {
  bool keeps_all = false;
  std::string reason{};  ///< why not: "has more decimals, which would be rounded"; empty where that is plain
};

/// By the same table that decides how a load converts columns. Of domains the types below are compared: what
/// their checks say is not known here. A pure function.
[[nodiscard]] LEAT_EXPORT ValueFit fit_values(const TypeInfo& from, std::int32_t from_modifier,
                                              const TypeInfo& to, std::int32_t to_modifier);

}  // namespace leat::jobs_detail
