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

/// Some rows before a transform and after it, as text; nullopt is NULL.
struct TransformPreview {
  using Values = std::vector<std::optional<std::string>>;

  std::vector<QueryColumn> columns_before{};
  std::vector<QueryColumn> columns_after{};
  /// Each row after() is known to be made of the row before() of the same number, or that row is left out.
  bool is_row_wise = false;
  std::vector<Values> before{};
  /// If is_row_wise, as many as `before`; nullopt for a row that is left out. Else the first ones of all that
  /// the transform makes, each of which is there.
  std::vector<std::optional<Values>> after{};
};

/// Shows what a transform makes of a query's rows, such as those of "SELECT * FROM orders": of the first
/// ones, or, where each row may be made of many (CompiledTransform::is_row_wise), of all of them, of which
/// the first ones are shown. Nothing is written, in a READ ONLY transaction of its own.
/// @param rows so many of them are shown; from 1 on. @throws Error as check_transform(); Error (config) if
/// two columns of the query have one name.
[[nodiscard]] LEAT_EXPORT TransformPreview preview_transform(Connection& session,
                                                             const TransformDocument& document,
                                                             const std::string& query, std::size_t rows,
                                                             std::stop_token stop = {});

/// For people: the rows side by side, or one below the other.
[[nodiscard]] LEAT_EXPORT std::string to_text(const TransformPreview& preview);
/// {"row_wise", "columns_before", "columns_after", "rows": [{"before", "after"}]}, or instead of `rows`
/// "before" and "after".
[[nodiscard]] LEAT_EXPORT std::string to_json(const TransformPreview& preview);

}  // namespace leat
