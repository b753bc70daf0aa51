#pragma once

#include <concepts>
#include <memory>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/pipeline/detail/batch_stage.hpp"
#include "leat/pipeline/detail/blocking_stage.hpp"
#include "leat/pipeline/detail/fitting_hooks.hpp"
#include "leat/pipeline/detail/source.hpp"
#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"
#include "leat/pipeline/pipeline.hpp"

namespace leat {
namespace detail {

/// Appends a stage. `has_end`: its workers' hooks have an end of their own. @throws Error (config) if an
/// option of the stage is out of range, or if its name is empty, "refill", "io" or the name of another stage.
LEAT_EXPORT void add_stage(std::vector<std::unique_ptr<StageNode>>& stages, std::unique_ptr<StageNode> stage,
                           bool has_end);

/// The options of a stage that writes into a sink. @throws Error (config) that names the stage, if an item is
/// to be tried again although the sink commits it together with all others.
[[nodiscard]] LEAT_EXPORT StageOptions options_of_sink(const std::string& stage, StageOptions options,
                                                       CommitPoint commit);

/// What from() takes.
template <class Source>
concept StageSource = requires(Source& source) {
  typename Source::value_type;
  source.reader();
};
/// A temporary of that, which can be kept: it refers to a source, and is none itself.
template <class View>
concept SourceView =
    !std::is_lvalue_reference_v<View> && std::copy_constructible<View> && StageSource<const View>;
/// The last stage of `chain`, whose workers write into a sink: what into() of both builders is.
template <class Chain, class Sink>
[[nodiscard]] auto end_in(Chain&& chain, std::string name, StageOptions options, Sink& sink) {
  options = options_of_sink(name, std::move(options), sink.commit_point());
  return std::move(chain).stage(std::move(name), std::move(options),
                                per_worker([&sink] { return sink.writer(); }));
}

/// R: what a stage makes.
template <class R>
constexpr void check_stage() {
  static_assert(std::is_void_v<R> || (std::is_object_v<R> && std::is_nothrow_move_constructible_v<R>),
                "a hook returns an object that moves without throwing, or nothing");
}

}  // namespace detail

template <class T>
class BatchBuilder;

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
/// Stages of coroutines need leat/pipeline/async.hpp, included before or after this header. A hook may be
/// given by per_worker(), so that each worker has its own.
template <class T>
class PipelineBuilder {
 public:
  PipelineBuilder(std::unique_ptr<detail::SourceNode> source,
                  std::vector<std::unique_ptr<detail::StageNode>> stages)
      : source_(std::move(source)), stages_(std::move(stages)) {}

  /// Adds a stage: R(WorkItem<T>&, const std::stop_token&). The hook's return type R is the payload of the
  /// next stage. A blocking one runs on threads: several workers call the hook at the same time.
  ///
  /// If it returns Awaitable<R> it is a stage of coroutines, up to `workers` at once. They run one at a time,
  /// on PipelineOptions::io or on the pipeline's own thread. The item and the token live until the coroutine
  /// has ended.
  /// @throws Error (config) that names the stage.
  template <class Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    if constexpr (!detail::fits_stage<Hook, T>()) {
      return std::move(*this);
    } else if constexpr (detail::AwaitedOf<StageReturn<Hook>>::is_awaitable) {
      using Return = StageReturn<Hook>;
      static_assert(std::is_same_v<detail::WorkerHookOf<Hook>, Hook>,
                    "per_worker() is for blocking stages: all coroutines of a stage run on one thread");
      using R = typename detail::AwaitedOf<Return>::Type;
      return std::move(*this).template add<detail::AsyncStage<T, R, Hook, false>, R>(
          std::move(name), std::move(options), std::move(hook));
    } else {
      using Return = StageReturn<Hook>;
      static_assert(!detail::Awaiter<Return> || detail::HasCoroutines<Return>,
                    "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
      return std::move(*this).template add<detail::BlockingStage<T, Return, Hook, false>, Return>(
          std::move(name), std::move(options), std::move(hook));
    }
  }

  /// Has the next stage take many items at once.
  [[nodiscard]] BatchBuilder<T> batch(BatchOptions options = {}) && {
    return BatchBuilder<T>(std::move(*this), options);
  }

  /// Adds a stage that makes many R of one item: void(WorkItem<T>&, Emitter<R>&, const std::stop_token&), or
  /// the same with AsyncEmitter<R> and Awaitable<void>.
  template <class R, class Hook>
  [[nodiscard]] auto stream(std::string name, StageOptions options, Hook hook) && {
    if constexpr (!detail::fits_stream<Hook, T, R>()) {
      return std::move(*this);
    } else if constexpr (detail::StreamHook<detail::WorkerHookOf<Hook>, T, Emitter<R>>) {
      return std::move(*this).template add<detail::BlockingStage<T, R, Hook, true>, R>(
          std::move(name), std::move(options), std::move(hook));
    } else {
      static_assert(detail::HasCoroutines<R>,
                    "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
      return std::move(*this).template add<detail::AsyncStage<T, R, Hook, true>, R>(
          std::move(name), std::move(options), std::move(hook));
    }
  }

  /// Adds a stage that reads from a source what each item asks for, for example CursorSource: the item has
  /// the values of its query's parameters. Each worker has a reader of its own. The source must outlive the
  /// pipeline.
  template <class Source>
  requires detail::StageSource<Source>
  [[nodiscard]] auto from(std::string name, StageOptions options, Source& source) && {
    return std::move(*this).template stream<typename Source::value_type>(
        std::move(name), std::move(options), per_worker([&source] { return source.reader(); }));
  }

  /// The same of a view of a source, such as `orders.as<Order>()`, which is kept. What it refers to must
  /// outlive the pipeline.
  template <class View>
  requires detail::SourceView<View>
  [[nodiscard]] auto from(std::string name, StageOptions options, View&& view) && {
    return std::move(*this).template stream<typename View::value_type>(
        std::move(name), std::move(options), per_worker([kept = std::move(view)] { return kept.reader(); }));
  }

  /// Ends the chain with a stage that writes into a sink, for example CopySink, each item by itself or as the
  /// sink gathers them. The sink tells when its work is final (StageOptions::commit). Each worker has a
  /// writer of its own. The sink must outlive the pipeline.
  template <class Sink>
  [[nodiscard]] auto into(std::string name, StageOptions options, Sink& sink) && {
    if constexpr (!detail::fits_into<Sink, T, WorkItem<T>&>()) {
      return std::move(*this);
    } else {
      return detail::end_in(std::move(*this), std::move(name), std::move(options), sink);
    }
  }

  /// Completes the pipeline. @throws Error (config) that names the wrong option.
  [[nodiscard]] Pipeline build(PipelineOptions options = {}) && {
    return Pipeline(std::move(options), std::move(source_), std::move(stages_));
  }

 private:
  friend class BatchBuilder<T>;

  template <class Hook>
  using StageReturn = detail::HookReturn<detail::WorkerHookOf<Hook>, WorkItem<T>&>;

  template <class Node, class R, class Hook>
  PipelineBuilder<R> add(std::string&& name, StageOptions&& options, Hook&& hook) && {
    detail::check_stage<R>();
    detail::add_stage(
        stages_, std::make_unique<Node>(std::move(name), std::move(options), std::move(hook)),
        !std::is_same_v<detail::WorkerHookOf<Hook>, Hook> && detail::Ends<detail::WorkerHookOf<Hook>>);
    return PipelineBuilder<R>(std::move(source_), std::move(stages_));
  }

  std::unique_ptr<detail::SourceNode> source_;
  std::vector<std::unique_ptr<detail::StageNode>> stages_;
};

/// A chain whose next stage takes many items at once:
///
///     .batch({.items = 5000}).stage("store", {.workers = 2}, store)
///
/// where store is void(Batch<T>, const std::stop_token&), std::vector<R>(Batch<T>, const std::stop_token&)
/// with a value for each item, or a coroutine of either (Awaitable<void>, Awaitable<std::vector<R>>). The
/// items of a batch are done, tried again and given up together, but for those of which the hook says that
/// they failed: WorkItem::fail().
template <class T>
class BatchBuilder {
 public:
  BatchBuilder(PipelineBuilder<T>&& chain, BatchOptions options)
      : chain_(std::move(chain)), batch_(options) {}

  /// @throws Error (config) that names the stage.
  template <class Hook>
  [[nodiscard]] auto stage(std::string name, StageOptions options, Hook hook) && {
    options.batch = batch_;
    if constexpr (!detail::fits_batch<Hook, T>()) {
      return std::move(chain_);
    } else if constexpr (detail::AwaitedOf<StageReturn<Hook>>::is_awaitable) {
      using Return = StageReturn<Hook>;
      static_assert(std::is_same_v<detail::WorkerHookOf<Hook>, Hook>,
                    "per_worker() is for blocking stages: all coroutines of a stage run on one thread");
      using R = typename detail::ValueIn<typename detail::AwaitedOf<Return>::Type>::Type;
      return std::move(chain_).template add<detail::AsyncBatchStage<T, R, Hook>, R>(
          std::move(name), std::move(options), std::move(hook));
    } else {
      using Return = StageReturn<Hook>;
      static_assert(!detail::Awaiter<Return> || detail::HasCoroutines<Return>,
                    "a stage of coroutines needs #include <leat/pipeline/async.hpp>");
      using R = typename detail::ValueIn<Return>::Type;
      return std::move(chain_).template add<detail::BatchStage<T, R, Hook>, R>(
          std::move(name), std::move(options), std::move(hook));
    }
  }

  /// Ends the chain with a sink that gets many items at once. See PipelineBuilder::into().
  template <class Sink>
  [[nodiscard]] auto into(std::string name, StageOptions options, Sink& sink) && {
    if constexpr (!detail::fits_into<Sink, T, Batch<T>>()) {
      return std::move(chain_);
    } else {
      return detail::end_in(std::move(*this), std::move(name), std::move(options), sink);
    }
  }

 private:
  template <class Hook>
  using StageReturn = detail::HookReturn<detail::WorkerHookOf<Hook>, Batch<T>>;

  PipelineBuilder<T> chain_;
  BatchOptions batch_;
};

/// Begins a chain with its source: Refill<T>(std::size_t count, const std::stop_token&). The source returns
/// up to `count` items; there is room for that many. The token asks it to end. It is called on one thread.
template <class T, class Hook>
[[nodiscard]] PipelineBuilder<T> pipeline_of(Hook refill) {
  if constexpr (detail::fits_refill<Hook, T>()) {
    return PipelineBuilder<T>(std::make_unique<detail::Source<T, Hook>>(std::move(refill)), {});
  } else {
    return PipelineBuilder<T>(nullptr, {});
  }
}

namespace detail {

/// One item without values.
inline Refill<std::tuple<>> once(std::size_t /*count*/, const std::stop_token& /*stop*/) {
  std::vector<WorkItem<std::tuple<>>> item;
  item.emplace_back(std::tuple<>{});
  return Refill<std::tuple<>>::done(std::move(item));
}

}  // namespace detail

/// Begins a chain with all rows of a query without parameters, which one thread reads:
///
///     CopySource orders({.source = shop, .sql = "SELECT id, total FROM orders"});
///     pipeline_from(orders).stage("change", {.workers = 4}, change) …
///
/// The stage is called "read". The source must outlive the pipeline.
template <class Source>
requires detail::StageSource<Source>
[[nodiscard]] auto pipeline_from(Source& source) {
  return pipeline_of<std::tuple<>>(detail::once).from("read", {}, source);
}
/// The same of a view of a source: `pipeline_from(orders.as<Order>())`. The view is kept; the source must
/// outlive the pipeline.
template <class View>
requires detail::SourceView<View>
[[nodiscard]] auto pipeline_from(View&& view) {
  return pipeline_of<std::tuple<>>(detail::once).from("read", {}, std::move(view));
}

}  // namespace leat
