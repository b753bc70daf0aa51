#pragma once

#include <memory>

#include "jobs/prepare/row_source.hpp"
#include "leat/postgres/catalog/table_info.hpp"

namespace leat::jobs_detail {

/// What reading a table needs besides its COPY.
struct TableReading {
  TableInfo table{};
  /// Names of objects are written with their schema, but for those of pg_catalog.
  bool qualifies_names = false;
};

/// `rows` of a table, with what has to be done before and after them. The session is left as it was found.
[[nodiscard]] std::unique_ptr<RowSource> table_source(Connection& connection, TableReading reading,
                                                      std::unique_ptr<RowSource> rows);

}  // namespace leat::jobs_detail
