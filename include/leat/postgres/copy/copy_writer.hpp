#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/postgres/copy/beside_copy.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat {

namespace postgres_detail {
class CopyOutput;
}

/// Writes batches of rows in wire format into a COPY … FROM STDIN.
///
/// Call finish() to complete the COPY. Without finish() the destructor ends the COPY with an error, so that a
/// half-written table is never taken for a complete one. The connection must outlive the writer and can do
/// nothing else until finish(). Used by one thread at a time.
class LEAT_EXPORT CopyWriter {
 public:
  /// Starts the COPY. `sql` must be a COPY … FROM STDIN in `format`; statements that return no rows may
  /// precede it. Over TLS the writer has to end the COPY to find out whether the server has refused a row. If
  /// it did so after a message from the server and no row was refused, it runs all of `sql` again before the
  /// rows of the next write().
  /// @throws Error of the connection's side if the server refuses the statement. @throws Stopped.
  CopyWriter(Connection& connection, const std::string& sql, RowFormat format, std::stop_token stop = {});
  /// The same with statements beside the COPY. Those before the COPY are not run again.
  CopyWriter(Connection& connection, const std::string& sql, RowFormat format, const BesideCopy& beside,
             std::stop_token stop = {});
  CopyWriter(const CopyWriter&) = delete;
  CopyWriter& operator=(const CopyWriter&) = delete;
  ~CopyWriter();

  /// Sends the rows of a batch. All batches go into the same COPY. If the server refused an earlier row, a
  /// call throws that error, at the latest with the next batch.
  void write(const RowBatch& batch, std::stop_token stop = {});
  /// The same for `count` rows beginning with row `first`. The batch must have these rows.
  void write(const RowBatch& batch, std::size_t first, std::size_t count, std::stop_token stop = {});

  /// Checks, without waiting, whether the server has ended the COPY or the session. For a writer whose rows
  /// come slowly.
  /// @throws Error with the server's SQLSTATE if so.
  void check(std::stop_token stop = {});

  /// Ends the COPY and waits for the server's answer. Returns the number of rows that the server counts as
  /// inserted.
  std::uint64_t finish(std::stop_token stop = {});

  /// The rows that statements beside the COPY have returned. They are known after finish().
  [[nodiscard]] const std::vector<BesideRow>& beside() const noexcept { return beside_; }

  /// After an error: gives the COPY up. True if the server has ended the COPY, so that the session can go on
  /// with ROLLBACK TO SAVEPOINT; the destructor then leaves the session open.
  [[nodiscard]] bool give_up() noexcept;

  /// Bytes sent, without framing.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  // Constant after construction
  Connection& connection_;
  // Used by one thread at a time
  std::unique_ptr<postgres_detail::CopyOutput> output_;  // null after finish()
  std::vector<BesideRow> beside_;
  std::uint64_t bytes_ = 0;
};

}  // namespace leat
