#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/pipeline/detail/blocking_stage.hpp"
#include "leat/pipeline/detail/source.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/pipeline.hpp"

namespace leat {
namespace detail {

template <class Hook, class T>
concept StageHook = requires(Hook& hook, WorkItem<T>& item, const std::stop_token& stop) {
  hook(item, stop);
};
template <class Hook, class T>
using StageReturn = std::invoke_result_t<Hook&, WorkItem<T>&, const std::stop_token&>;
template <class Hook, class T>
concept CoroutineHook = StageHook<Hook, T> && AwaitedOf<StageReturn<Hook, T>>::is_awaitable;
template <class Hook, class T>
concept BlockingHook = StageHook<Hook, T> && !CoroutineHook<Hook, T>;
/// E: the emitter.
template <class Hook, class T, class E>
concept StreamHook = requires(Hook& hook, WorkItem<T>& item, E& emitter, const std::stop_token& stop) {
  hook(item, emitter, stop);
};

/// Adds a stage to the others. @throws Error (config) when its options are out of range, or it cannot be
/// called that: empty, "refill", "io", or the name of another.
void add_stage(std::vector<std::unique_ptr<StageNode>>& stages, std::unique_ptr<StageNode> stage);

}  // namespace detail

/// Chains any number of named stages behind a source, each blocking or a coroutine, with workers and limits
/// of its own. T is what the last stage so far gives; void after a stage that returns nothing, which ends the
/// chain.
///
///     const auto twice = [](WorkItem<int>& item, const std::stop_token&) { return *item * 2; };
///     const auto print = [](WorkItem<int>& item, const std::stop_token&) { std::cout << *item; };
///     auto pipeline = pipeline_of<int>(refill)
///                         .stage("double", {.workers = 4}, twice)
///                         .stage("print", {}, print)
///                         .build({.name = "numbers"});
///
/// Stages of coroutines need leat/pipeline/async.hpp, before or after this header.
template <class T>
class PipelineBuilder {
 public:
  PipelineBuilder(std::unique_ptr<detail::SourceNode> source,
                  std::vector<std::unique_ptr<detail::StageNode>> stages)
      : source_(std::move(source)), stages_(std::move(stages)) {}

  /// A stage that blocks, on threads: R(WorkItem<T>&, const std::stop_token&). A lambda's result R is the
  /// next stage's payload. Workers call the hook at the same time.
  /// @throws Error (config) that names the stage.
  template <detail::BlockingHook<T> Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    using R = detail::StageReturn<Hook, T>;
    static_assert(!detail::Awaiter<R> || detail::HasCoroutines<R>,
                  "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
    return std::move(*this).template add<detail::BlockingStage<T, R, Hook, false>, R>(
        std::move(name), std::move(options), std::move(hook));
  }

  /// A stage of coroutines, up to `workers` at once: Awaitable<R>(WorkItem<T>&, const std::stop_token&). They
  /// run one at a time, on PipelineOptions::io or the pipeline's own thread. The item and the token live
  /// until the coroutine has ended.
  template <detail::CoroutineHook<T> Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    using R = typename detail::AwaitedOf<detail::StageReturn<Hook, T>>::Type;
    return std::move(*this).template add<detail::AsyncStage<T, R, Hook, false>, R>(
        std::move(name), std::move(options), std::move(hook));
  }

  /// A stage that makes many R of one item: void(WorkItem<T>&, Emitter<R>&, const std::stop_token&), or the
  /// same with AsyncEmitter<R> and Awaitable<void>.
  template <class R, detail::StreamHook<T, Emitter<R>> Hook>
  [[nodiscard]] auto stream(std::string name, StageOptions options, Hook hook) && {
    return std::move(*this).template add<detail::BlockingStage<T, R, Hook, true>, R>(
        std::move(name), std::move(options), std::move(hook));
  }
  template <class R, detail::StreamHook<T, AsyncEmitter<R>> Hook>
  [[nodiscard]] auto stream(std::string name, StageOptions options, Hook hook) && {
    static_assert(detail::HasCoroutines<R>, "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
    return std::move(*this).template add<detail::AsyncStage<T, R, Hook, true>, R>(
        std::move(name), std::move(options), std::move(hook));
  }

  /// @throws Error (config) that names what is wrong with the options.
  [[nodiscard]] Pipeline build(PipelineOptions options = {}) && {
    return Pipeline(std::move(options), std::move(source_), std::move(stages_));
  }

 private:
  template <class Node, class R, class Hook>
  PipelineBuilder<R> add(std::string&& name, StageOptions&& options, Hook&& hook) && {
    static_assert(!std::is_void_v<T>, "a stage that returns nothing is the last one");
    static_assert(std::is_void_v<R> || (std::is_object_v<R> && std::is_nothrow_move_constructible_v<R>),
                  "a hook returns an object that moves without throwing, or nothing");
    detail::add_stage(stages_, std::make_unique<Node>(std::move(name), std::move(options), std::move(hook)));
    return PipelineBuilder<R>(std::move(source_), std::move(stages_));
  }

  std::unique_ptr<detail::SourceNode> source_;
  std::vector<std::unique_ptr<detail::StageNode>> stages_;
};

/// Begins a chain with what gives the items: Refill<T>(std::size_t count, const std::stop_token&). `count` is
/// how many there is room for; the token asks to end. It is called on one thread.
template <class T, class Hook>
requires std::is_invocable_r_v<Refill<T>, Hook&, std::size_t,
                               const std::stop_token&> [[nodiscard]] PipelineBuilder<T>
pipeline_of(Hook refill) {
  return PipelineBuilder<T>(std::make_unique<detail::Source<T, Hook>>(std::move(refill)), {});
}

}  // namespace leat
