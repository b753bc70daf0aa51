#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/diagnostic.hpp"
#include "leat/documents/node.hpp"
#include "leat/documents/source_text.hpp"

namespace leat {

/// What the rows of a load are expected to be. A plain value.
struct Expectation {
  enum class Kind {
    rows,         ///< how many were read: `rows > 0`
    not_null,     ///< no value of a column is NULL
    unique,       ///< no two rows have the same values of some columns
    sql,          ///< a query over output_data gives true
    rows_within,  ///< as many as in earlier runs, give or take some per cent
  };

  Kind kind = Kind::rows;
  Place place{};
  std::string text{};  ///< as it is told: "rows > 0"
  /// Of rows: one of > >= < <= == !=, and the number.
  std::string op{};
  std::uint64_t number = 0;
  std::vector<std::string> columns{};
  std::string sql{};
  std::uint64_t per_cent = 0;
  std::uint64_t of_last = 10;  ///< runs
};

/// Reads `expect` of a load: a list. All that is wrong goes to `diagnostics`.
[[nodiscard]] LEAT_EXPORT std::vector<Expectation> read_expectations(const Node& node,
                                                                     const std::string& path,
                                                                     Diagnostics& diagnostics);

}  // namespace leat
