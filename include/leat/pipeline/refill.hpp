#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "leat/pipeline/work_item.hpp"

namespace leat {

/// What refill answers: items, idle (nothing right now, ask again) or done (nothing any more).
template <class T>
class Refill {
 public:
  enum class Kind {
    items,
    idle,
    done,
  };

  /// These, and ask again as soon as there is room. None at all means idle.
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
  /// Nothing right now; ask again after the delay (default: PipelineOptions::idle_delay).
  [[nodiscard]] static Refill idle(std::optional<std::chrono::milliseconds> delay = {}) {
    return Refill(Kind::idle, {}, delay);
  }
  /// No more items; those that are given with it are the last.
  [[nodiscard]] static Refill done(std::vector<WorkItem<T>> last = {}) {
    return Refill(Kind::done, std::move(last), std::nullopt);
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
