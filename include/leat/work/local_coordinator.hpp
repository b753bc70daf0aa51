#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/work/unit_queue.hpp"

namespace leat {

/// Hands out units within this process alone, each once: a unit that fails ends the job. Thread-safe.
class LEAT_EXPORT LocalCoordinator final : public Coordinator {
 public:
  explicit LocalCoordinator(std::vector<Unit> units)
      : next_number_(static_cast<std::int64_t>(units.size())), queue_(std::move(units)) {}

  [[nodiscard]] std::optional<Unit> take(const std::stop_token& stop) override { return queue_.take(stop); }
  void done(const Unit&) override { queue_.done(); }
  [[nodiscard]] bool retry(Unit, const Error&) override { return false; }
  [[nodiscard]] bool split(Unit&, const std::string& rest, const std::string& hint,
                           const std::stop_token&) override {
    queue_.add({.number = next_number_++, .definition = rest, .hint = hint});
    return true;
  }
  [[nodiscard]] bool is_hungry() const override { return queue_.is_hungry(); }
  [[nodiscard]] UnitCounts counts() const override { return queue_.counts(); }

 private:
  std::atomic<std::int64_t> next_number_;
  UnitQueue queue_;
};

}  // namespace leat
