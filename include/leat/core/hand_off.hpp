#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "leat/core/bytes.hpp"

namespace leat {

/// The limits of a hand-off.
struct MonitorOptions {
  // Performance

  /// How many items may be buffered. Must be > 0. Producers block at the limit.
  std::size_t items = 1024;

  /// How many bytes may be buffered, by byte_weight_of(). Zero: no limit. An item that is heavier than the
  /// limit passes when the buffer is empty. So the memory stays below the larger of two values: the limit,
  /// and the weight of the heaviest item.
  ByteCount bytes{};
};

/// The statistics of a hand-off so far. If `write_wait` is large, the consumers are the slow side. If
/// `read_wait` is large, the producers are.
struct MonitorStats {
  std::size_t depth = 0;                  ///< items buffered now
  std::size_t high_water = 0;             ///< most items ever buffered at once
  std::uint64_t items = 0;                ///< items that readers took
  std::uint64_t bytes = 0;                ///< the weight of those items
  std::uint64_t bytes_buffered = 0;       ///< weight of the items buffered now
  std::chrono::nanoseconds write_wait{};  ///< time that writers were blocked, summed over them
  std::chrono::nanoseconds read_wait{};   ///< time that readers were blocked, summed over them
};

/// The header type of a hand-off whose consumers need no header before their first item.
struct NoHeader {};

/// The result of a read with a time limit.
enum class ReadResult {
  item,     ///< an item was read
  timeout,  ///< no item came in time
  end,      ///< all producers have signed off and the buffer is empty: no item will ever come
};

/// The interface that Monitor and ConcurrentMonitor share: a bounded queue between two pools. Monitor
/// documents the operations; one conformance suite (tests/core) tests their guarantees.
template <class H>
concept HandOff = requires(H& hand_off, const H& constant, typename H::value_type item,
                           std::vector<typename H::value_type> items, typename H::header_type header,
                           std::chrono::nanoseconds timeout, std::stop_token stop,
                           std::exception_ptr failure) {
  requires std::constructible_from<H, MonitorOptions>;
  requires std::movable<typename H::Registration>;
  { hand_off.register_producer() } -> std::same_as<typename H::Registration>;
  {hand_off.write(std::move(item), stop)};
  { hand_off.write_for(item, timeout, stop) } -> std::same_as<bool>;
  {hand_off.write_all(std::move(items), stop)};
  {hand_off.write_all(std::span(items), stop)};
  { hand_off.read(stop) } -> std::same_as<std::optional<typename H::value_type>>;
  { hand_off.read_for(item, timeout, stop) } -> std::same_as<ReadResult>;
  { hand_off.read_some(items, std::size_t{}, stop) } -> std::same_as<std::size_t>;
  { hand_off.read_some_for(items, std::size_t{}, timeout, stop) } -> std::same_as<ReadResult>;
  { hand_off.fail(failure) }
  noexcept;
  { hand_off.abandon() }
  noexcept;
  { constant.failure() }
  noexcept->std::same_as<std::exception_ptr>;
  {hand_off.publish(std::move(header))};
  { hand_off.wait_published(stop) } -> std::same_as<const typename H::header_type&>;
  { constant.stats() } -> std::same_as<MonitorStats>;
};

}  // namespace leat
