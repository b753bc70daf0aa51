#pragma once

#include <atomic>
#include <cstdint>

namespace leat {

/// What readers and writers count while they work; whoever watches reads along.
struct RowCounters {
  std::atomic<std::uint64_t> rows_read{0};
  std::atomic<std::uint64_t> bytes_read{0};
  /// By a row hook that makes several of one: those beyond the first.
  std::atomic<std::uint64_t> rows_added{0};
  std::atomic<std::uint64_t> rows_sent{0};
  std::atomic<std::uint64_t> bytes_sent{0};

  void add(const RowCounters& other) {
    rows_read += other.rows_read;
    bytes_read += other.bytes_read;
    rows_added += other.rows_added;
    rows_sent += other.rows_sent;
    bytes_sent += other.bytes_sent;
  }
};

}  // namespace leat
