#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "jobs/load/pace.hpp"
#include "jobs/rejects/rejecting_writer.hpp"
#include "leat/data/store/row_sink.hpp"
#include "leat/postgres/copy/copy_writer.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::jobs_detail {

/// What is copied into what.
struct CopyIntoSetup {
  TableName table{};
  std::vector<std::string> columns{};  ///< what the rows have, in their order
  /// What is known of rows that may be rejected; null where none may. Outlives the copy.
  RejectSetup* rejects = nullptr;
  std::shared_ptr<Pace> pace{};  ///< null: as fast as it goes
};

/// Rows into one table, by COPY, in the transaction that a connection has open. Used by one thread at a time.
class CopyInto final : public RowSink {
 public:
  /// `connection` outlives it.
  CopyInto(Connection& connection, CopyIntoSetup setup) : connection_(connection), setup_(std::move(setup)) {}

  void begin(RowFormat format, std::stop_token stop) override { begin(format, {}, std::move(stop)); }
  /// The same with statements beside the COPY. Not where rows may be rejected.
  void begin(RowFormat format, const BesideCopy& beside, std::stop_token stop);
  [[nodiscard]] bool begun() const { return writer_ || rejecting_; }
  void write(const RowBatch& batch, std::stop_token stop) override;
  void check(std::stop_token stop) override;
  std::uint64_t finish(std::stop_token stop) override;

  [[nodiscard]] std::string sql(RowFormat format) const;
  [[nodiscard]] const TableName& table() const { return setup_.table; }
  [[nodiscard]] const std::vector<std::string>& columns() const { return setup_.columns; }
  /// That were given and not rejected.
  [[nodiscard]] std::uint64_t rows_sent() const { return rows_sent_; }
  /// What the server counts, after finish().
  [[nodiscard]] std::uint64_t rows_copied() const { return rows_copied_; }
  /// What statements beside the COPY have returned, after finish().
  [[nodiscard]] std::vector<BesideRow> beside() const {
    return writer_ ? writer_->beside() : std::vector<BesideRow>();
  }
  [[nodiscard]] std::uint64_t rows_rejected() const { return rejecting_ ? rejecting_->rejected() : 0; }

 private:
  Connection& connection_;
  const CopyIntoSetup setup_;
  std::optional<CopyWriter> writer_;
  std::optional<RejectingWriter> rejecting_;  // instead of writer_
  std::uint64_t rows_sent_ = 0;
  std::uint64_t rows_copied_ = 0;
};

}  // namespace leat::jobs_detail
