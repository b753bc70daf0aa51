#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat {

/// A row of a test as text, in the order of TransformTestResult::columns; nullopt is NULL.
using TransformTestValues = std::vector<std::optional<std::string>>;

/// What became of a test.
struct TransformTestResult {
  std::string name{};
  std::string place{};  ///< "orders.yaml:14:5"
  bool passed = false;
  std::string error{};                 ///< what the server has said instead of giving rows
  std::vector<std::string> columns{};  ///< those that `expect` names
  /// A row that was expected, and the one that was made and is most like it.
  struct Different {
    TransformTestValues expected{};
    TransformTestValues got{};
  };
  std::vector<Different> different{};
  std::vector<TransformTestValues> missing{};     ///< expected, and not made
  std::vector<TransformTestValues> unexpected{};  ///< made, and not expected
};

struct LEAT_EXPORT TransformTestReport {
  std::vector<TransformTestResult> tests{};
  [[nodiscard]] std::size_t failed() const noexcept;
};

/// Runs the tests of a document on any server: their rows are values in a SELECT, and no table is looked at
/// but those that the document's own SQL names. Values that their columns' types print in the same way are
/// equal; numbers of type numeric are compared without zeros at their end. Each test has a READ ONLY
/// transaction of its own.
/// @param input the columns of the rows.
/// @throws Error (config) for columns that there are not; else as check_transform() does. What happens to
/// single rows, such as a cast that fails, is that test's error.
[[nodiscard]] LEAT_EXPORT TransformTestReport run_transform_tests(Connection& session,
                                                                  const TransformDocument& document,
                                                                  const std::vector<QueryColumn>& input,
                                                                  std::stop_token stop = {});

/// For people: a line for each test, and what differs.
[[nodiscard]] LEAT_EXPORT std::string to_text(const TransformTestReport& report);
/// {"failed", "tests": [{"name", "place", "passed", "error", "columns", "different", "missing",
/// "unexpected"}]}.
[[nodiscard]] LEAT_EXPORT std::string to_json(const TransformTestReport& report);

}  // namespace leat
