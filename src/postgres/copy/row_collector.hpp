#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "leat/data/row_batch.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/postgres/copy/copy_reader.hpp"

namespace leat::postgres_detail {

/// Gathers rows into batches: the one place that decides how large a batch gets. No row is split, no buffer
/// grows beyond batch_bytes, and a row that is wider travels alone.
class RowCollector {
 public:
  RowCollector(std::shared_ptr<const Schema> schema, ReadOptions options)
      : schema_(std::move(schema)), options_(options), limit_(options.batch_bytes.count()) {
    if (limit_ == 0) throw Error(ErrorKind::config, "ReadOptions.batch_bytes must be greater than zero");
  }

  /// Puts a row into the batch; false, and the row is not taken, when it has to wait for the next one.
  bool add(std::span<const std::byte> row) {
    if (batch_ && batch_->bytes() + row.size() > limit_) return false;
    if (!batch_) begin();
    batch_->append(row);
    ++rows_;
    return true;
  }

  /// Makes a wide row a batch of its own without a copy. The batch must be empty.
  void adopt(std::byte* row, std::size_t size, void (*release)(void*)) {
    batch_ = RowBatch::adopt(schema_, row, size, release);
    batch_->set_first_row(rows_);
    ++rows_;
  }

  [[nodiscard]] bool empty() const { return !batch_; }
  [[nodiscard]] bool full() const { return batch_ && batch_->bytes() >= limit_; }
  [[nodiscard]] std::optional<RowBatch> take() { return std::exchange(batch_, std::nullopt); }

  /// Rows taken in so far.
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] const ReadOptions& options() const { return options_; }
  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const { return schema_; }

 private:
  void begin() {
    batch_ = options_.pool != nullptr ? options_.pool->acquire(schema_) : RowBatch(schema_, limit_);
    batch_->set_first_row(rows_);
  }

  std::shared_ptr<const Schema> schema_;
  ReadOptions options_;
  std::size_t limit_;
  std::optional<RowBatch> batch_;
  std::uint64_t rows_ = 0;
};

}  // namespace leat::postgres_detail
