#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/store/row_source.hpp"
#include "leat/postgres/copy/beside_copy.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// A SELECT that travels with a COPY and is run after it, and what is done with its rows.
struct EndQuestion {
  std::string sql{};  ///< empty: none
  std::function<void(const std::vector<BesideRow>&)> check{};
};

/// Rows of a COPY … TO STDOUT.
[[nodiscard]] std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                                     std::shared_ptr<const Schema> schema,
                                                     EndQuestion at_end = {});

/// Rows of a query with parameters, by a server-side cursor.
[[nodiscard]] std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                                       std::vector<Parameter> parameters,
                                                       std::shared_ptr<const Schema> schema);

}  // namespace leat::jobs_detail
