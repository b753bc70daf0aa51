#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/postgres/copy/beside_copy.hpp"
#include "postgres/copy/row_collector.hpp"
#include "postgres/session/session.hpp"

namespace leat::postgres_detail {

/// The receiving end of a COPY … TO STDOUT. What libpq and the bare socket have in common: binary COPY's
/// header and trailer, the width of rows, and the batches.
class CopyInput {
 public:
  CopyInput(Connection::Impl& session, std::shared_ptr<const Schema> schema, ReadOptions options);
  CopyInput(const CopyInput&) = delete;
  CopyInput& operator=(const CopyInput&) = delete;
  /// What was not read to its end closes the session.
  virtual ~CopyInput();

  /// The next batch, or nullopt at the end.
  [[nodiscard]] std::optional<RowBatch> read(const std::stop_token& stop);

  [[nodiscard]] const RowCollector& rows() const { return rows_; }
  [[nodiscard]] std::optional<std::uint64_t> server_rows() const { return server_rows_; }
  /// What statements beside the COPY have returned so far.
  [[nodiscard]] virtual const std::vector<BesideRow>& beside() const = 0;

 protected:
  /// Fills the collector until it is full, its time is over, or the end has come.
  virtual void fill(const std::stop_token& stop) = 0;

  /// The row in a message: without the header in front of the first one. Empty for the trailer.
  [[nodiscard]] std::span<const std::byte> row_of(std::span<const char> message);
  [[nodiscard]] bool header_seen() const { return header_seen_; }
  /// Waits for more; false when the batch's time is over.
  [[nodiscard]] bool wait(const std::stop_token& stop);
  void end(std::uint64_t server_rows) { server_rows_ = server_rows; }

  Connection::Impl& session_;
  RowCollector rows_;

 private:
  std::optional<std::uint64_t> server_rows_;
  Clock::time_point flush_at_ = Clock::time_point::max();
  bool binary_;
  bool header_seen_;
};

/// Through libpq: works with every connection.
[[nodiscard]] std::unique_ptr<CopyInput> libpq_input(Connection::Impl& session, const std::string& sql,
                                                     std::shared_ptr<const Schema> schema,
                                                     ReadOptions options, const BesideCopy& beside,
                                                     const std::stop_token& stop);

/// On the socket itself: where CopyWire::possible().
[[nodiscard]] std::unique_ptr<CopyInput> wire_input(Connection::Impl& session, const std::string& sql,
                                                    std::shared_ptr<const Schema> schema, ReadOptions options,
                                                    const BesideCopy& beside, const std::stop_token& stop);

}  // namespace leat::postgres_detail
