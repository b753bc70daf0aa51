#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>

namespace leat::postgres_detail {

/// A row that is too large for the inbox, received straight into memory of its own. That grows with what
/// arrives, whatever the server has announced. Does no I/O. Not thread-safe.
///
/// Invariant: memory() is at most `at_once`, or twice what has arrived, and never more than the row.
class WideRow {
 public:
  /// A row of `size` bytes, of which `begun` have arrived. `at_once` is what is allocated for it unseen.
  WideRow(std::size_t size, std::span<const char> begun, std::size_t at_once);

  [[nodiscard]] bool whole() const { return arrived_ == size_; }
  /// Where the next bytes of the row go; empty once it is whole. @throws std::bad_alloc
  [[nodiscard]] std::span<char> room();
  /// So many bytes were put into room().
  void arrived(std::size_t count);

  /// What has arrived.
  [[nodiscard]] std::span<const char> bytes() const { return {bytes_.get(), arrived_}; }
  [[nodiscard]] std::size_t memory() const { return capacity_; }
  /// Gives the row away; std::free() releases it.
  [[nodiscard]] char* release() { return bytes_.release(); }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  void grow(std::size_t capacity);

  std::unique_ptr<char, Free> bytes_;
  std::size_t size_;
  std::size_t capacity_ = 0;
  std::size_t arrived_;
};

}  // namespace leat::postgres_detail
