#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "transform/sql/sql_text.hpp"

namespace leat::transform_detail {

/// Where a condition stands.
struct FilterScope {
  const TransformServer& server;
  /// The column of that name as SQL; null after a fault was told.
  std::function<std::optional<std::string>(const SourcedText&)> column;
  std::vector<TransformFault>& faults;
};

/// The condition as SQL, which a WHERE takes. After a fault, anything.
[[nodiscard]] SqlText filter_sql(const FilterCondition& condition, const FilterScope& scope);

/// A value as SQL: a text that takes the type of what stands beside it, unless it is a number or a boolean.
[[nodiscard]] std::string value_sql(const LiteralValue& value, const TransformServer& server);
/// The same, which always takes the other's type.
[[nodiscard]] std::string untyped_sql(const LiteralValue& value, const TransformServer& server);

}  // namespace leat::transform_detail
