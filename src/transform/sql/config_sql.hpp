#pragma once

#include <functional>
#include <string>
#include <vector>

#include "transform/sql/sql_text.hpp"

namespace leat::transform_detail {

struct CompileContext {
  const TransformServer& server;
  std::vector<TransformFault>& faults;
  /// The columns of a SELECT that reads the relation `input_data` of this stage. @throws what the server
  /// does.
  std::function<std::vector<QueryColumn>(const SqlText&)> describe;
};

/// Named steps as a SELECT that reads `input_data`, which has these columns. After a fault, anything.
[[nodiscard]] SqlText config_sql(const ConfigTransform& transform, const std::vector<std::string>& input,
                                 const CompileContext& context);

}  // namespace leat::transform_detail
