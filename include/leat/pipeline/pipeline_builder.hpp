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

/// Appends a stage. @throws Error (config) if an option of the stage is out of range, or if its name is
/// empty, "refill", "io" or the name of another stage.
void add_stage(std::vector<std::unique_ptr<StageNode>>& stages, std::unique_ptr<StageNode> stage);

}  // namespace detail

/// Chains any number of named stages behind a source. Each stage is blocking or a coroutine, and has its own
/// workers and limits. T is the type that the last stage so far returns. A stage that returns nothing ends
/// the chain; T is void then.
///
///     const auto twice = [](WorkItem<int>& item, const std::stop_token&) { return *item * 2; };
///     const auto print = [](WorkItem<int>& item, const std::stop_token&) { std::cout << *item; };
///     auto pipeline = pipeline_of<int>(refill)
///                         .stage("double", {.workers = 4}, twice)
///                         .stage("print", {}, print)
///                         .build({.name = "numbers"});
///
/// Stages of coroutines need leat/pipeline/async.hpp, included before or after this header.
template <class T>
class PipelineBuilder {
 public:
  PipelineBuilder(std::unique_ptr<detail::SourceNode> source,
                  std::vector<std::unique_ptr<detail::StageNode>> stages)
      : source_(std::move(source)), stages_(std::move(stages)) {}

  /// Adds a blocking stage, which runs on threads: R(WorkItem<T>&, const std::stop_token&). The hook's return
  /// type R is the payload of the next stage. Several workers call the hook at the same time.
  /// @throws Error (config) that names the stage.
  template <detail::BlockingHook<T> Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    using R = detail::StageReturn<Hook, T>;
    static_assert(!detail::Awaiter<R> || detail::HasCoroutines<R>,
                  "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
    return std::move(*this).template add<detail::BlockingStage<T, R, Hook, false>, R>(
        std::move(name), std::move(options), std::move(hook));
  }

  /// Adds a stage of coroutines, up to `workers` at once: Awaitable<R>(WorkItem<T>&, const std::stop_token&).
  /// They run one at a time, on PipelineOptions::io or on the pipeline's own thread. The item and the token
  /// live until the coroutine has ended.
  template <detail::CoroutineHook<T> Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    using R = typename detail::AwaitedOf<detail::StageReturn<Hook, T>>::Type;
    return std::move(*this).template add<detail::AsyncStage<T, R, Hook, false>, R>(
        std::move(name), std::move(options), std::move(hook));
  }

  /// Adds a stage that makes many R of one item: void(WorkItem<T>&, Emitter<R>&, const std::stop_token&), or
  /// the same with AsyncEmitter<R> and Awaitable<void>.
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

  /// Completes the pipeline. @throws Error (config) that names the wrong option.
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

/// Begins a chain with its source: Refill<T>(std::size_t count, const std::stop_token&). The source returns
/// up to `count` items; there is room for that many. The token asks it to end. It is called on one thread.
template <class T, class Hook>
requires std::is_invocable_r_v<Refill<T>, Hook&, std::size_t,
                               const std::stop_token&> [[nodiscard]] PipelineBuilder<T>
pipeline_of(Hook refill) {
  return PipelineBuilder<T>(std::make_unique<detail::Source<T, Hook>>(std::move(refill)), {});
}

}  // namespace leat
