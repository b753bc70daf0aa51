#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "leat/core/consumer.hpp"
#include "leat/core/outbox.hpp"
#include "leat/core/stage.hpp"
#include "leat/pipeline/detail/async_batch_run.hpp"
#include "leat/pipeline/detail/async_run.hpp"
#include "leat/pipeline/detail/node.hpp"

namespace leat::detail {

/// What stages of coroutines share. Two threads serve one: the first reads items, and starts coroutines while
/// fewer than `workers` are on their way; the other hands on their outputs. The coroutines run on a strand,
/// one at a time, and never block: their outputs go into a hand-off that has room for all of them. Run: the
/// stage's part of a run.
template <class In, class Out, class Hook, class Run>
class CoroutineStage : public StageNode {
 public:
  CoroutineStage(std::string&& name, StageOptions&& options, Hook&& hook)
      : StageNode(std::move(name), std::move(options)), hook_(std::move(hook)) {}

  [[nodiscard]] std::unique_ptr<HandOffBox> make_input() const override {
    return std::make_unique<BoxOf<In>>(options());
  }
  [[nodiscard]] std::size_t tallies() const override { return 2; }
  [[nodiscard]] bool is_stream() const override { return false; }
  [[nodiscard]] bool is_asynchronous() const override { return true; }

  [[nodiscard]] std::shared_ptr<void> add_pools(const StageSeat& seat) override {
    using Brought = typename Run::Brought;
    auto run = std::make_shared<Run>(hook_, seat);
    using From = Monitor<WorkItem<In>>;
    seat.group.add(Stage<From, Brought>(
        {.name = name()}, monitor_in<In>(seat.in), run->brought(),
        [run](From& in, Brought&, const std::stop_token& stop) { run->start_all(in, stop); }));
    if constexpr (!std::is_void_v<Out>) {
      if (seat.out != nullptr) {
        using To = Monitor<WorkItem<Out>>;
        seat.group.add(Stage<Brought, To>({.name = name()}, run->brought(), monitor_in<Out>(*seat.out),
                                          [run](Brought& in, To& out, const std::stop_token& stop) {
                                            typename Run::Box outbox(out);
                                            run->hand_on(in, &outbox, stop);
                                            outbox.flush();
                                          }));
        return run;
      }
    }
    seat.group.add(Consumer<typename Run::Outcome, Brought>(
        {.name = name()}, run->brought(),
        [run](Brought& in, const std::stop_token& stop) { run->hand_on(in, nullptr, stop); }));
    return run;
  }

 private:
  Hook hook_;
};

/// A stage whose hook is a coroutine: Awaitable<Out>(WorkItem<In>&, const std::stop_token&), or, for a
/// stream, Awaitable<void>(WorkItem<In>&, AsyncEmitter<Out>&, const std::stop_token&).
template <class In, class Out, class Hook, bool stream>
class AsyncStage final : public CoroutineStage<In, Out, Hook, AsyncRun<In, Out, Hook, stream>> {
 public:
  using CoroutineStage<In, Out, Hook, AsyncRun<In, Out, Hook, stream>>::CoroutineStage;
  [[nodiscard]] bool is_stream() const override { return stream; }
};

/// The same for one that takes many items at once: Awaitable<void>(Batch<In>, const std::stop_token&), or
/// Awaitable<std::vector<Out>>.
template <class In, class Out, class Hook>
class AsyncBatchStage final : public CoroutineStage<In, Out, Hook, AsyncBatchRun<In, Out, Hook>> {
 public:
  using CoroutineStage<In, Out, Hook, AsyncBatchRun<In, Out, Hook>>::CoroutineStage;
};

}  // namespace leat::detail
