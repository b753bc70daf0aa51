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

/// The bounds of a hand-off.
struct MonitorOptions {
  // Performance

  /// Items that may be buffered. Must be > 0. Producers block at the limit.
  std::size_t items = 1024;

  /// Bytes that may be buffered, by weight_of(). 0 = no limit. An item that is heavier than the limit passes
  /// when the buffer is empty, so memory stays under the larger of the limit and the heaviest item.
  ByteCount bytes{};
};

/// What went through a hand-off so far. `write_wait` large means that the consumers are the slow side,
/// `read_wait` large that the producers are.
struct MonitorStats {
  std::size_t depth = 0;                  ///< items buffered now
  std::size_t high_water = 0;             ///< most items ever buffered at once
  std::uint64_t items = 0;                ///< items that readers took
  std::uint64_t bytes = 0;                ///< their weight
  std::uint64_t bytes_buffered = 0;       ///< weight of the items buffered now
  std::chrono::nanoseconds write_wait{};  ///< time that writers were blocked, summed over them
  std::chrono::nanoseconds read_wait{};   ///< time that readers were blocked, summed over them
};

/// The header of a hand-off whose consumers need nothing before their first item.
struct NoHeader {};

/// What a timed read brought.
enum class ReadResult {
  item,     ///< an item was read
  timeout,  ///< nothing came in time
  end,      ///< every producer has signed off and the buffer is drained: nothing will ever come
};

/// The surface that Monitor and ConcurrentMonitor share: a bounded queue between two pools. One conformance
/// suite (tests/core) says what each operation promises; Monitor documents them.
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
