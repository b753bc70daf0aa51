#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

namespace leat {

/// What to compare two transforms by.
struct TransformDifferenceOptions {
  std::string query{};             ///< whose rows they read: "SELECT * FROM orders"
  std::vector<std::string> key{};  ///< columns of both results by which rows are told; empty: none is known
  /// The key if `key` is empty and both make all of these, such as the table's primary_key_of().
  std::vector<std::string> likely_key{};
  std::size_t rows = 20;  ///< so many differences are shown
};

/// In what the rows differ that two transforms make of the same ones.
struct TransformDifference {
  using Values = std::vector<std::optional<std::string>>;

  std::vector<QueryColumn> only_before{};  ///< columns that only the first one makes
  std::vector<QueryColumn> only_after{};
  /// Columns of both that have another type.
  struct Retyped {
    std::string column{};
    std::string before{};
    std::string after{};
  };
  std::vector<Retyped> retyped{};

  std::uint64_t rows_before = 0;  ///< how many each of them makes
  std::uint64_t rows_after = 0;
  /// How many keys have rows that differ; without a key, how many rows are only in one result.
  std::uint64_t differing = 0;

  std::vector<std::string> key{};
  std::vector<std::string> columns{};  ///< those of both, which are compared as text; the key's first
  /// Some of the rows that differ, by key. One of them is missing if only one result has a row of that key.
  struct Row {
    std::optional<Values> before{};
    std::optional<Values> after{};
  };
  std::vector<Row> rows{};

  [[nodiscard]] bool equal() const noexcept {
    return only_before.empty() && only_after.empty() && retyped.empty() && differing == 0;
  }
};

/// Compares what two transforms make of the rows of a query now, in one READ ONLY transaction of one
/// snapshot. The server keeps both results in temporary files while it compares them.
/// @throws Error as check_transform(); Error (config) for a column of the key that both do not make, or where
/// they have no column in common.
[[nodiscard]] LEAT_EXPORT TransformDifference compare_transforms(Connection& session,
                                                                 const TransformDocument& before,
                                                                 const TransformDocument& after,
                                                                 const TransformDifferenceOptions& options,
                                                                 std::stop_token stop = {});

/// The columns of a table's primary key; empty if it has none. @throws Error where there is no such table.
[[nodiscard]] LEAT_EXPORT std::vector<std::string> primary_key_of(Connection& session,
                                                                  const std::string& table,
                                                                  std::stop_token stop = {});

/// The lines in which two texts differ, as `diff -u` shows them, without its head; empty if they are equal.
[[nodiscard]] LEAT_EXPORT std::string line_difference(std::string_view before, std::string_view after);

/// For people. `before` and `after` are what they are called: "clean_orders@2".
[[nodiscard]] LEAT_EXPORT std::string to_text(const TransformDifference& difference,
                                              const std::string& before, const std::string& after);
[[nodiscard]] LEAT_EXPORT std::string to_json(const TransformDifference& difference);

}  // namespace leat
