#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/columns.hpp"
#include "leat/data/detail/byte_buffer.hpp"
#include "leat/data/schema.hpp"

namespace leat {

class RowView;

/// Many rows in one contiguous buffer: the unit that travels between threads. In binary format a row is a
/// tuple of COPY (FORMAT binary). In text format it is a line with its '\n'. The batch holds only rows,
/// without COPY's header and trailer.
///
/// Move-only; one thread at a time. A moved-from batch may only be destroyed or assigned to. Source of the
/// format: PostgreSQL manual, COPY, "Binary Format", "Tuples".
class LEAT_EXPORT RowBatch {
 public:
  class Iterator;

  /// An empty batch with room for `reserve_bytes`. `schema` must not be null.
  explicit RowBatch(std::shared_ptr<const Schema> schema, std::size_t reserve_bytes = 0);

  /// A batch of one row that takes the row's memory over without a copy. `release(row)` frees it, also if
  /// adopt() throws.
  [[nodiscard]] static RowBatch adopt(std::shared_ptr<const Schema> schema, std::byte* row, std::size_t size,
                                      void (*release)(void*));

  /// Number of rows.
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  /// Number of bytes of all rows.
  [[nodiscard]] std::size_t bytes() const noexcept { return ends_.empty() ? 0 : ends_.back(); }
  /// Number of bytes that the buffer can hold without growing.
  [[nodiscard]] std::size_t capacity() const noexcept { return buffer_.capacity(); }

  /// All rows back to back: exactly the bytes of a COPY between its header and its trailer.
  [[nodiscard]] std::span<const std::byte> data() const noexcept { return {buffer_.data(), bytes()}; }
  /// `count` rows beginning with row `first`, back to back; first + count must not exceed size().
  [[nodiscard]] std::span<const std::byte> data(std::size_t first, std::size_t count) const noexcept {
    const std::size_t start = first == 0 ? 0 : ends_[first - 1];
    return {buffer_.data() + start, (count == 0 ? start : ends_[first + count - 1]) - start};
  }
  /// Row `i`, which must be less than size().
  [[nodiscard]] std::span<const std::byte> row_bytes(std::size_t i) const noexcept {
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return {buffer_.data() + start, ends_[i] - start};
  }
  /// The same for changes in place; the row keeps its size.
  [[nodiscard]] std::span<std::byte> mutable_row_bytes(std::size_t i) noexcept {
    const std::size_t start = i == 0 ? 0 : ends_[i - 1];
    return {buffer_.data() + start, ends_[i] - start};
  }
  [[nodiscard]] const std::shared_ptr<const Schema>& schema() const noexcept { return schema_; }

  /// Appends one whole row, unchecked. The row must not lie in this batch. Amortised growth.
  void append(std::span<const std::byte> row) {
    buffer_.append(row);
    commit();
  }

  /// Row `i`, read in place; `i` must be less than size(). Valid as long as the batch is not changed. Defined
  /// in row_view.hpp.
  /// @throws Error (transform) if the format is text, or if the row is not a tuple with as many fields as the
  /// schema.
  [[nodiscard]] RowView row(std::size_t i) const;
  /// Iterates over RowView; needs row_view.hpp.
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

  /// Removes all rows, and keeps the memory.
  void clear() noexcept;

  /// The position of the batch's first row in the stream, counted from zero. Used in messages.
  [[nodiscard]] std::uint64_t first_row() const noexcept { return first_row_; }
  void set_first_row(std::uint64_t ordinal) noexcept { first_row_ = ordinal; }

  /// The memory of the batch in bytes, which a budget must count: its capacity, whether used or not.
  [[nodiscard]] friend std::size_t byte_weight(const RowBatch& batch) noexcept {
    return batch.buffer_.capacity() + batch.ends_.capacity() * sizeof(std::size_t);
  }

 private:
  friend class RowBatchPool;
  friend class RowBuilder;
  friend class RowEdit;
  template <RowValue T>
  friend class RowEncoder;

  /// Turns all bytes beyond the last row into a row. If that fails, removes them.
  [[gnu::always_inline]] void commit() {
    if (ends_.size() == ends_.capacity()) reserve_rows();
    ends_.push_back(buffer_.size());
  }
  void reserve_rows();
  /// Removes the last row.
  void drop_last() noexcept {
    ends_.pop_back();
    buffer_.truncate(bytes());
  }

  std::shared_ptr<const Schema> schema_;
  detail::ByteBuffer buffer_;
  std::vector<std::size_t> ends_;  // of each row in buffer_
  std::uint64_t first_row_ = 0;
};

/// Visits the rows of a batch in order. Valid as long as the batch is not changed.
class LEAT_EXPORT RowBatch::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = RowView;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = RowView;

  Iterator() = default;
  Iterator(const RowBatch& batch, std::size_t row) : batch_(&batch), row_(row) {}

  [[nodiscard]] RowView operator*() const;
  Iterator& operator++() {
    ++row_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++row_;
    return before;
  }
  friend bool operator==(const Iterator&, const Iterator&) = default;

 private:
  const RowBatch* batch_ = nullptr;
  std::size_t row_ = 0;
};

inline RowBatch::Iterator RowBatch::begin() const {
  return {*this, 0};
}
inline RowBatch::Iterator RowBatch::end() const {
  return {*this, size()};
}

}  // namespace leat
