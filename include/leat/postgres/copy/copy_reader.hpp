#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/bytes.hpp"
#include "leat/core/detail/export.hpp"
#include "leat/data/read_options.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/postgres/copy/beside_copy.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

namespace postgres_detail {
class CopyInput;
}

/// Reads the rows of a COPY … TO STDOUT as batches of rows in wire format. The connection must outlive it and
/// does nothing else until the end is reached; where it is destroyed before, the statement is cancelled and
/// the session closed. Used by one thread at a time. Source of the format: PostgreSQL manual, COPY, "Binary
/// Format".
class LEAT_EXPORT CopyReader {
 public:
  /// Starts the COPY. `sql` must be a COPY … TO STDOUT in the schema's format.
  /// @throws Error of the connection's side when the server refuses the statement. @throws Stopped.
  CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema,
             ReadOptions options = {}, std::stop_token stop = {});
  /// The same with statements beside the COPY.
  CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema,
             ReadOptions options, const BesideCopy& beside, std::stop_token stop = {});
  CopyReader(CopyReader&&) noexcept;
  CopyReader& operator=(CopyReader&&) noexcept;
  ~CopyReader();

  /// The next batch, which holds at least one row, or nullopt at the end.
  /// @throws Error with the server's SQLSTATE, also for an error in mid-stream. @throws Stopped; the
  /// statement is
  ///         then cancelled on the server and the session closed.
  std::optional<RowBatch> read(std::stop_token stop = {});

  /// Rows received so far.
  [[nodiscard]] std::uint64_t rows() const noexcept;
  /// The server's own count of rows; known at the end.
  [[nodiscard]] std::optional<std::uint64_t> server_rows() const noexcept;
  /// The rows that statements beside the COPY have returned. All of them are known at the end.
  [[nodiscard]] const std::vector<BesideRow>& beside() const noexcept;
  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const noexcept;

 private:
  std::unique_ptr<postgres_detail::CopyInput> input_;
};

}  // namespace leat
