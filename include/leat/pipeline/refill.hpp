#pragma once

#include <chrono>
#include <concepts>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// The answer of refill: items, idle (none now, ask again) or done (no more items).
template <class T>
class Refill {
 public:
  enum class Kind {
    items,
    idle,
    done,
  };

  /// New items; refill is called again as soon as there is room. An empty vector means idle.
  [[nodiscard]] static Refill items(std::vector<WorkItem<T>> items) {
    const Kind kind = items.empty() ? Kind::idle : Kind::items;
    return Refill(kind, std::move(items), std::nullopt);
  }
  /// The same from payloads alone.
  [[nodiscard]] static Refill items(std::vector<T> payloads) {
    std::vector<WorkItem<T>> items;
    items.reserve(payloads.size());
    for (T& payload : payloads) items.emplace_back(std::move(payload));
    return Refill::items(std::move(items));
  }
  /// The same from a list: `Refill<int>::items({1, 2})`.
  [[nodiscard]] static Refill items(std::initializer_list<T> payloads) requires std::copy_constructible<T> {
    return items(std::vector<T>(payloads));
  }
  /// No items now; refill is called again after the delay (default: PipelineOptions::idle_delay).
  [[nodiscard]] static Refill idle(std::optional<std::chrono::milliseconds> delay = {}) {
    return Refill(Kind::idle, {}, delay);
  }
  /// No more items; `last` are the last ones.
  [[nodiscard]] static Refill done(std::vector<WorkItem<T>> last = {}) {
    return Refill(Kind::done, std::move(last), std::nullopt);
  }

  /// The same from payloads alone.
  template <std::same_as<T> Payload>
  [[nodiscard]] static Refill done(std::vector<Payload> last) {
    Refill all = items(std::move(last));
    all.kind_ = Kind::done;
    return all;
  }

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] std::optional<std::chrono::milliseconds> delay() const { return delay_; }
  [[nodiscard]] std::vector<WorkItem<T>>& work() { return items_; }

 private:
  Refill(Kind kind, std::vector<WorkItem<T>> items, std::optional<std::chrono::milliseconds> delay)
      : kind_(kind), items_(std::move(items)), delay_(delay) {}

  Kind kind_;
  std::vector<WorkItem<T>> items_;
  std::optional<std::chrono::milliseconds> delay_;
};

}  // namespace leat
