#pragma once

#include <stop_token>

#include "leat/pipeline/emitter.hpp"
#include "leat/pipeline/hook_shape.hpp"

// The hooks of ETLPipeline, whose signatures depend on its type arguments.

namespace leat::detail {

template <class Job, class Fetched>
class FetchHook {
 public:
  /// Fetches the data of one job, or of many. Called by `fetch.workers` threads at the same time.
  virtual typename HookTraits<Fetched>::Return fetch(HookArgument<Job, HookTraits<Fetched>::is_batched> item,
                                                     const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};
template <class Job, class T>
class FetchHook<Job, Stream<T>> {
 public:
  /// Fetches the data of one job, with one emit() for each part of it.
  virtual void fetch(WorkItem<Job>& item, Emitter<T>& out, const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};
template <class Job, class T>
class FetchHook<Job, Async<Stream<T>>> {
 public:
  virtual typename HookTraits<Async<Stream<T>>>::Return fetch(WorkItem<Job>& item, AsyncEmitter<T>& out,
                                                              const std::stop_token& stop) = 0;

 protected:
  ~FetchHook() = default;
};
template <class Job, class Hook>
class FetchHook<Job, PerWorker<Hook>> {
 public:
  /// Makes the hook of a worker, on its thread.
  virtual Hook make_fetch() = 0;

 protected:
  ~FetchHook() = default;
};

template <class Fetched, class Processed>
class ProcessHook {
 public:
  virtual typename HookTraits<Processed>::Return process(
      HookArgument<Fetched, HookTraits<Processed>::is_batched> item, const std::stop_token& stop) = 0;

 protected:
  ~ProcessHook() = default;
};
template <class Fetched, class Hook>
class ProcessHook<Fetched, PerWorker<Hook>> {
 public:
  virtual Hook make_process() = 0;

 protected:
  ~ProcessHook() = default;
};

template <class Processed, class Stored>
class StoreHook {
 public:
  virtual typename HookTraits<Stored>::Return store(
      HookArgument<Processed, HookTraits<Stored>::is_batched> item, const std::stop_token& stop) = 0;

 protected:
  ~StoreHook() = default;
};
template <class Processed, class Hook>
class StoreHook<Processed, PerWorker<Hook>> {
 public:
  virtual Hook make_store() = 0;

 protected:
  ~StoreHook() = default;
};

template <class Argument>
inline constexpr bool is_per_worker = false;
template <class Hook>
inline constexpr bool is_per_worker<PerWorker<Hook>> = true;

}  // namespace leat::detail
