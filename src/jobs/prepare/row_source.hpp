#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/store/row_source.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Rows of a COPY … TO STDOUT.
[[nodiscard]] std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                                     std::shared_ptr<const Schema> schema);

/// Rows of a query with parameters, by a server-side cursor.
[[nodiscard]] std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                                       std::vector<Parameter> parameters,
                                                       std::shared_ptr<const Schema> schema);

}  // namespace leat::jobs_detail
