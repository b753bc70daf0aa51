#pragma once

#include <any>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/outbox.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/detail/worker_hook.hpp"

namespace leat::detail {

struct NoResult {};
/// What travels behind a stage whose hook returns Out.
template <class Out>
using ResultOf = std::conditional_t<std::is_void_v<Out>, NoResult, Out>;

/// What the last hook has returned, for the item's result, where that is wanted.
template <class Value>
[[nodiscard]] std::any stored_value(const Flow& flow, Value& value) {
  if (!flow.wants_results()) return {};
  if constexpr (std::is_copy_constructible_v<Value>) {
    return std::any(std::move(value));
  } else {
    return std::any(std::make_shared<Value>(std::move(value)));
  }
}

/// What a worker of a blocking stage knows of its run, and what it does with items that its hook has done.
template <class In, class Out>
class StageWorker {
 public:
  using Result = ResultOf<Out>;
  using Box = Outbox<WorkItem<Result>>;

  StageWorker(const StageSeat& seat, std::size_t number, Box* out, const std::stop_token& stop)
      : flow_(seat.flow),
        index_(seat.index),
        here_(seat.flow.stage(seat.index)),
        tally_(here_.workers[number]),
        out_(out),
        stop_(stop) {}

 protected:
  /// Sends back the records of items that went no further.
  void retire(std::vector<WorkItem<In>>& items) noexcept {
    ItemRecord* first = nullptr;
    ItemRecord* last = nullptr;
    for (WorkItem<In>& item : items) {
      ItemRecord* const record = ItemAccess::record(item).release();
      if (record == nullptr) continue;
      record->next = first;
      first = record;
      if (last == nullptr) last = record;
    }
    if (first != nullptr) flow_.spent().push(first, last);
  }

  void hand_on(WorkItem<Result> item) {
    if (out_ == nullptr) return;
    try {
      out_->write(std::move(item), stop_);
    } catch (const Stopped&) {
      ended_ = true;
      throw;
    }
  }

  /// The item has passed the last stage, or a stream.
  void complete(WorkItem<In>& item, std::any stored, std::uint64_t emitted) {
    flow_.complete(index_, item, std::move(stored), emitted);
    tally_.completed.add();
  }

  Flow& flow_;
  const std::size_t index_;
  StageFlow& here_;
  WorkerTally& tally_;
  Box* out_;
  const std::stop_token& stop_;
  bool ended_ = false;  // nobody takes items any more
};

/// Adds the workers of a blocking stage to a run. Worker: made and run by each of them on its thread.
template <class In, class Out, template <class Hook> class Worker, class Hook>
void add_workers(Hook& stage_hook, const StageSeat& seat, const StageNode& stage) {
  const auto body = [&stage_hook, seat](std::size_t number, const std::stop_token& stop) {
    Monitor<WorkItem<In>>& in = monitor_in<In>(seat.in);
    StageFlow& here = seat.flow.stage(seat.index);
    with_hook(stage_hook, seat.flow, here, here.workers[number], stop, [&](auto& hook) {
      using Own = Worker<std::remove_reference_t<decltype(hook)>>;
      if constexpr (!std::is_void_v<Out>) {
        if (seat.out != nullptr) {
          Outbox<WorkItem<Out>> outbox(monitor_in<Out>(*seat.out), here.options.workers);
          Own(hook, seat, number, &outbox, stop).run(in);
          outbox.flush();
          return;
        }
      }
      Own(hook, seat, number, nullptr, stop).run(in);
    });
  };
  seat.group.add(
      StagePool({.name = stage.name(), .workers = stage.options().workers}, &seat.in, seat.out, body));
}

/// A stage whose hook blocks, on `workers` threads. Worker: see add_workers().
template <class In, class Out, class Hook, template <class H> class Worker>
class ThreadStage : public StageNode {
 public:
  ThreadStage(std::string&& name, StageOptions&& options, Hook&& hook)
      : StageNode(std::move(name), std::move(options)), hook_(std::move(hook)) {}

  [[nodiscard]] std::unique_ptr<HandOffBox> make_input() const override {
    return std::make_unique<BoxOf<In>>(options());
  }
  [[nodiscard]] std::size_t tallies() const override { return options().workers; }
  [[nodiscard]] bool is_stream() const override { return false; }
  [[nodiscard]] bool is_asynchronous() const override { return false; }

  [[nodiscard]] std::shared_ptr<void> add_pools(const StageSeat& seat) override {
    add_workers<In, Out, Worker>(hook_, seat, *this);
    return nullptr;
  }

 private:
  Hook hook_;
};

}  // namespace leat::detail
