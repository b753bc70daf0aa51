#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leat/data/store/row_source.hpp"
#include "leat/postgres/catalog/table_info.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What goes with a COPY.
struct AroundCopy {
  /// Names of objects are written with their schema, but for those of pg_catalog; the session is left as it
  /// was found.
  bool qualifies_names = false;
  /// A table that was not held since before the snapshot: it is asked, with the end of its rows, whether the
  /// snapshot has them all.
  std::optional<TableInfo> unheld{};
};
/// Rows of a COPY … TO STDOUT.
[[nodiscard]] std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                                     std::shared_ptr<const Schema> schema,
                                                     AroundCopy around = {});

/// Rows of a query with parameters, by a server-side cursor.
[[nodiscard]] std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                                       std::vector<Parameter> parameters,
                                                       std::shared_ptr<const Schema> schema);

}  // namespace leat::jobs_detail
