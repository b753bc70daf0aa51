#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/watchdog.hpp"
#include "leat/core/error.hpp"
#include "leat/pipeline/etl_pipeline.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"

namespace leat::test {

using namespace std::chrono_literals;

/// Passes numbers through, each hook a function that a test may replace.
class Numbers : public ETLPipeline<int, int, int> {
 public:
  using Hook = std::function<int(WorkItem<int>&, const std::stop_token&)>;

  explicit Numbers(int count, PipelineOptions options = {})
      : ETLPipeline(std::move(options)), count_(count) {}
  ~Numbers() override { shut_down(); }

  Refill<int> refill(std::size_t room, const std::stop_token& stop) override {
    if (on_refill) return on_refill(room, stop);
    std::vector<int> items;
    while (items.size() < room && given_ < count_) items.push_back(given_++);
    return items.empty() ? Refill<int>::done() : Refill<int>::items(std::move(items));
  }
  int fetch(WorkItem<int>& item, const std::stop_token& stop) override {
    return on_fetch ? on_fetch(item, stop) : *item;
  }
  int process(WorkItem<int>& item, const std::stop_token& stop) override {
    return on_process ? on_process(item, stop) : *item;
  }
  void store(WorkItem<int>& item, const std::stop_token& stop) override {
    const int value = on_store ? on_store(item, stop) : *item;
    const std::lock_guard lock(mutex_);
    stored_.push_back(value);
  }

  void again() {
    given_ = 0;
    stored_.clear();
  }
  [[nodiscard]] std::vector<int> stored() const {
    const std::lock_guard lock(mutex_);
    return stored_;
  }
  [[nodiscard]] std::vector<int> sorted() const {
    auto values = stored();
    std::sort(values.begin(), values.end());
    return values;
  }

  // Set before the pipeline runs
  std::function<Refill<int>(std::size_t, const std::stop_token&)> on_refill;
  Hook on_fetch;
  Hook on_process;
  Hook on_store;

 private:
  int count_;
  int given_ = 0;
  mutable std::mutex mutex_;
  std::vector<int> stored_;
  Watchdog::Release release_{[this] { stop(StopMode::abort); }};
};

/// One of the three hooks, by the name of its stage.
[[nodiscard]] inline Numbers::Hook Numbers::*hook_of(const std::string& stage) {
  if (stage == "fetch") return &Numbers::on_fetch;
  return stage == "process" ? &Numbers::on_process : &Numbers::on_store;
}

/// 0, 1, ..., count - 1.
[[nodiscard]] inline std::vector<int> up_to(int count) {
  std::vector<int> values;
  for (int i = 0; i < count; ++i) values.push_back(i);
  return values;
}

/// A hook that fails on one item.
[[nodiscard]] inline Numbers::Hook fails_on(int bad) {
  return [bad](WorkItem<int>& item, const std::stop_token&) {
    if (*item == bad) throw std::runtime_error("bad item " + std::to_string(bad));
    return *item;
  };
}

/// A hook that blocks on every item until it is asked to stop.
[[nodiscard]] inline Numbers::Hook blocks(std::atomic<int>& entered) {
  return [&entered](WorkItem<int>&, const std::stop_token& stop) -> int {
    ++entered;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    throw Stopped{};
  };
}

/// For the test and for its hooks; throws once the test's time is over.
inline void wait_until(const std::function<bool()>& reached) {
  for (; !reached(); std::this_thread::yield()) Watchdog::check();
}

}  // namespace leat::test
