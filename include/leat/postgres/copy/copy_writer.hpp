#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "leat/data/row_batch.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

namespace postgres_detail {
class CopyOutput;
}

/// Writes batches of rows in wire format into a COPY … FROM STDIN. The connection must outlive it and does
/// nothing else until finish(). Success is said explicitly by finish(); without it the destructor ends the
/// COPY with an error, so that a half-written table is never taken for a whole one. Used by one thread at a
/// time.
class CopyWriter {
 public:
  /// Starts the COPY. `sql` must be a COPY … FROM STDIN in `format`; statements that return no rows may stand
  /// before it. Over TLS the only way to hear whether the server has refused a row is to end the COPY: where
  /// it said something, and was not refusing, all of `sql` is run again before the rows of the next write().
  /// @throws Error of the connection's side when the server refuses the statement. @throws Stopped.
  CopyWriter(Connection& connection, const std::string& sql, RowFormat format, std::stop_token stop = {});
  CopyWriter(const CopyWriter&) = delete;
  CopyWriter& operator=(const CopyWriter&) = delete;
  ~CopyWriter();

  /// Sends the rows, all of them in one COPY. An error that the server found in earlier rows ends it with
  /// that error, at the latest with the next batch.
  void write(const RowBatch& batch, std::stop_token stop = {});
  /// The same for `count` rows from `first` on, which the batch must have.
  void write(const RowBatch& batch, std::size_t first, std::size_t count, std::stop_token stop = {});

  /// Looks whether the server has ended the COPY or the session, without waiting. For a writer whose rows
  /// come slowly.
  /// @throws Error with the server's SQLSTATE if so.
  void check(std::stop_token stop = {});

  /// Ends the COPY and waits for the server's word. Returns the rows that the server counts as inserted.
  std::uint64_t finish(std::stop_token stop = {});

  /// After an error: gives the COPY up. True where the server has ended it, so that the session goes on with
  /// ROLLBACK TO SAVEPOINT; the destructor then leaves it open.
  [[nodiscard]] bool give_up() noexcept;

  /// Bytes sent, without framing.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  // Constant after construction
  Connection& connection_;
  // Used by one thread at a time
  std::unique_ptr<postgres_detail::CopyOutput> output_;  // null after finish()
  std::uint64_t bytes_ = 0;
};

}  // namespace leat
