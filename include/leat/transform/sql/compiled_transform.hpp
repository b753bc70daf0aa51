#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/transform/sql/config_transform.hpp"

namespace leat {

/// A piece of a statement that stands in it as it was written.
struct SqlFragment {
  std::size_t begin = 0;  ///< in bytes
  std::size_t size = 0;
  std::size_t origin = 0;  ///< of the SourcedText
};

/// What is wrong with a transform.
struct TransformFault {
  std::size_t origin = 0;
  std::string message{};
  std::string hint{};
};

/// A transform as a SELECT that reads the relation `input_data`.
struct CompiledTransform {
  std::string sql{};
  std::vector<std::string> columns{};    ///< of its result, in their order
  std::vector<SqlFragment> fragments{};  ///< in the order of `begin`
  /// Each row of the result is made of one row of the input.
  bool is_row_wise = true;
  std::vector<TransformFault> faults{};   ///< if there is one, `sql` is of no use
  std::vector<TransformFault> remarks{};  ///< what its author may not have meant
};

/// How names and values get into a statement, and what a server says of one. Functions of a session with the
/// server that will run it.
struct TransformServer {
  std::function<std::string(std::string_view)> quote_identifier{};
  std::function<std::string(std::string_view)> quote_literal{};
  /// The types of the result's columns, as SQL; what it throws, compile_transform() throws. Asked only if a
  /// cast is to be checked.
  std::function<std::vector<std::string>(const std::string& sql)> types_of{};
};

/// Compiles a transform of a relation with these columns. All faults are told at once. @throws what the
/// server's functions throw.
[[nodiscard]] LEAT_EXPORT CompiledTransform compile_transform(const ConfigTransform& transform,
                                                              const std::vector<std::string>& input,
                                                              const TransformServer& server);

}  // namespace leat
