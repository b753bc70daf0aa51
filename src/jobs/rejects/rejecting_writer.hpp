#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/rejects/row_rejects.hpp"
#include "jobs/rejects/savepoint_distance.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// Writes batches, one or several by a COPY of its own behind a savepoint, and keeps those rows apart that
/// the target refuses: a COPY that fails is rolled back, narrowed down in memory, and all but its bad rows
/// are written. While none is refused, batches are collected up to RejectSetup::most_collected bytes, since
/// each COPY costs; a connection has none under way between two calls. In the transaction that its connection
/// has open; what it wrote and rejected stands or falls with that. Several writers, each with a connection
/// and a transaction, may share a RejectBook. Used by one thread at a time.
class RejectingWriter {
 public:
  /// `copy_sql` is a COPY … FROM STDIN in `format`. `connection` and `setup` must outlive it.
  RejectingWriter(Connection& connection, const RejectSetup& setup, std::string copy_sql, RowFormat format,
                  const std::stop_token& stop);
  RejectingWriter(const RejectingWriter&) = delete;
  RejectingWriter& operator=(const RejectingWriter&) = delete;

  /// Returns when the rows of the batch are there, rejected, or collected. @throws Error (target) where more
  /// are rejected than may be, and for what is no fault of a row.
  void write(const RowBatch& batch, const std::stop_token& stop);
  /// Writes what was collected, and tries the rows again that waited for others. Returns the rows that the
  /// server counts as inserted.
  std::uint64_t finish(const std::stop_token& stop);
  /// Rows that this writer has rejected.
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }

 private:
  /// Rows that may pass when others are there, and why they did not.
  struct Waiting {
    RowBatch rows;
    std::vector<std::optional<std::uint64_t>> numbers{};  // of each in the stream
    std::vector<Error> errors{};
  };

  /// Whether the batch may be collected with what is there.
  [[nodiscard]] bool fits(const RowBatch& batch) const;
  void collect(const RowBatch& batch);
  void write_collected(const std::stop_token& stop);
  void write_now(const RowBatch& batch, const std::stop_token& stop);
  /// Returns whether all rows passed as a whole.
  template <class NumberOf>
  bool narrow(const RowBatch& batch, NumberOf number_of, const std::stop_token& stop);
  /// Nullopt where the rows are there, else why none of them is.
  [[nodiscard]] std::optional<Error> try_rows(const RowBatch& batch, std::size_t first, std::size_t count,
                                              const std::stop_token& stop);
  void wait(const RowBatch& batch, std::size_t row, std::optional<std::uint64_t> number, const Error& error);
  void try_waiting(const std::stop_token& stop);
  void reject(std::span<const std::byte> row, std::optional<std::uint64_t> number, const Error& error,
              const std::stop_token& stop);

  // Constant after construction
  Connection& connection_;
  const RejectSetup& setup_;
  const std::string copy_sql_;
  const RowFormat format_;
  const std::string insert_sql_;  // into the table of rejected rows
  // Used by one thread at a time
  SavepointDistance distance_;
  std::optional<RowBatch> collected_;  // its memory stays
  std::optional<Waiting> waiting_;
  std::uint64_t inserted_ = 0;
  std::uint64_t rejected_ = 0;
};

}  // namespace leat::jobs_detail
