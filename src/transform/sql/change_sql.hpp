#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "transform/sql/sql_text.hpp"

namespace leat::transform_detail {

/// A column whose values change.
struct ChangedColumn {
  std::string sql{};   ///< the column
  std::string type{};  ///< of a CheckedCast: the type it has before
};

/// Whether a text can be the name of a type, which stands in a statement as it is.
[[nodiscard]] bool may_be_type(std::string_view text);

/// Its new value. After a fault, anything.
[[nodiscard]] SqlText change_sql(const ColumnChange& change, const ChangedColumn& column,
                                 const TransformServer& server, std::vector<TransformFault>& faults);

}  // namespace leat::transform_detail
