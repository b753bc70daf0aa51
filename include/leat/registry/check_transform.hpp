#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/documents/transform_document.hpp"
#include "leat/postgres/session/connection.hpp"
#include "leat/transform/sql/compiled_transform.hpp"

// What a server says of the transforms of a document. Each call has a READ ONLY transaction of its own, which
// it ends by a ROLLBACK: the session must be in none. Errors of the SQL that a document has stand in its text
// (Error::sql(), position()), and where() is the place there.
namespace leat {

/// The columns that a transform was compiled for, and those that it makes.
struct CheckedTransform {
  std::vector<QueryColumn> input{};
  std::vector<QueryColumn> output{};
  bool is_row_wise = true;  ///< CompiledTransform::is_row_wise
};

/// The `columns` of the document, with their types as the server calls them. No table is looked at.
/// @throws Error (config) if it has none, or a type is unknown.
[[nodiscard]] LEAT_EXPORT std::vector<QueryColumn> document_columns(Connection& session,
                                                                    const TransformDocument& document,
                                                                    std::stop_token stop = {});

/// The columns of a query, such as "SELECT * FROM orders", which is not run.
[[nodiscard]] LEAT_EXPORT std::vector<QueryColumn> query_columns_of(Connection& session,
                                                                    const std::string& query,
                                                                    std::stop_token stop = {});

/// Compiles the transforms over rows of these columns. No table is looked at but those that the document's
/// own SQL names. @throws Error (config) that tells all faults of a stage; that of the server.
[[nodiscard]] LEAT_EXPORT CheckedTransform check_transform(Connection& session,
                                                           const TransformDocument& document,
                                                           const std::vector<QueryColumn>& input,
                                                           std::stop_token stop = {});

}  // namespace leat
