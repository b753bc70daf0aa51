#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/postgres/connection.hpp"

namespace leat {

/// How rows are gathered into batches, by CopyReader and Cursor alike.
struct ReadOptions {
  /// A batch is handed on when it holds this much. A wider row travels alone. Must be > 0.
  ByteCount batch_bytes = ByteCount{1U << 20U};
  /// A batch that is not full is handed on when its first row has waited this long.
  std::chrono::milliseconds flush_after{200};
  /// Where batches come from; it must outlive the reader. Null: each batch is allocated.
  RowBatchPool* pool = nullptr;
};

/// Reads the rows of a COPY … TO STDOUT as batches of rows in wire format. The connection must outlive it and does
/// nothing else until the end is reached. Used by one thread at a time.
/// Source of the format: PostgreSQL manual, COPY, "Binary Format".
class CopyReader {
 public:
  /// Starts the COPY. `sql` must be a COPY … TO STDOUT in the schema's format.
  /// @throws Error of the connection's side when the server refuses the statement. @throws Stopped.
  CopyReader(Connection& connection, const std::string& sql, std::shared_ptr<const Schema> schema, ReadOptions options = {},
             std::stop_token stop = {});

  /// The next batch, which holds at least one row, or nullopt at the end.
  /// @throws Error with the server's SQLSTATE, also for an error in mid-stream. @throws Stopped; the statement is
  ///         then cancelled on the server and the session closed.
  std::optional<RowBatch> read(std::stop_token stop = {});

  /// Rows handed out so far.
  [[nodiscard]] std::uint64_t rows() const noexcept { return rows_; }
  /// The server's own count of rows; known at the end.
  [[nodiscard]] std::optional<std::uint64_t> server_rows() const noexcept { return server_rows_; }
  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const noexcept { return schema_; }

 private:
  struct Free {
    void operator()(char* message) const noexcept;
  };
  struct Message {
    std::unique_ptr<char, Free> data;
    std::size_t begin = 0;  // where the row starts: behind the header, in the first message
    std::size_t end = 0;
  };

  bool take(Message message, std::optional<RowBatch>& batch);
  std::size_t skip_header(const char* data, std::size_t size);
  void check_width(const char* row, std::size_t size) const;
  void finish(const std::stop_token& stop);
  RowBatch new_batch() const;

  // Constant after construction
  Connection& connection_;
  std::shared_ptr<const Schema> schema_;
  ReadOptions options_;
  // Used by one thread at a time
  std::optional<Message> pending_;  // a row that did not fit into the last batch
  std::optional<std::uint64_t> server_rows_;
  std::uint64_t rows_ = 0;
  bool header_seen_ = false;
  bool ended_ = false;
};

}  // namespace leat
