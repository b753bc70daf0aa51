#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/data/row_batch.hpp"
#include "leat/postgres/copy/copy_reader.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Where a job's rows come from. Used by one thread at a time.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  /// Starts reading: from here on the server works.
  virtual void open(const ReadOptions& options, std::stop_token stop) = 0;
  /// The next batch or nullopt at the end, where the server's own count of rows has been checked.
  virtual std::optional<RowBatch> read(std::stop_token stop) = 0;
};

/// Rows of a COPY … TO STDOUT.
[[nodiscard]] std::unique_ptr<RowSource> copy_source(Connection& connection, std::string sql,
                                                     std::shared_ptr<const Schema> schema);

/// Rows of a query with parameters, by a server-side cursor.
[[nodiscard]] std::unique_ptr<RowSource> cursor_source(Connection& connection, std::string sql,
                                                       std::vector<Parameter> parameters,
                                                       std::shared_ptr<const Schema> schema);

}  // namespace leat::jobs_detail
