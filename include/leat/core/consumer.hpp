#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

#include "leat/core/hand_off.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"

namespace leat {

/// The work of one worker of a consumer pool, as a class to override. Each worker has an object of its own.
template <class T, HandOff H = Monitor<T>>
class ConsumerBody {
 public:
  virtual ~ConsumerBody() = default;

  /// Reads items until the end; may return earlier if it needs no more items. Runs on the worker's thread.
  virtual void consume(H& in, std::stop_token stop) = 0;
};

/// A pool of workers that read from a hand-off. After all its readers in the group have returned, the
/// hand-off is abandoned, so that producers do not block for ever. Move-only; add it to a PoolGroup.
template <class T, HandOff H = Monitor<T>>
class Consumer {
 public:
  /// A callable `void(H&, std::stop_token)`. Several workers call it at the same time.
  using Body = std::function<void(H&, std::stop_token)>;
  /// Makes the body of a worker. The body is created and destroyed on the worker's thread.
  using Factory = std::function<std::unique_ptr<ConsumerBody<T, H>>(std::size_t worker)>;

  /// The hand-off must outlive the group to which the pool is added.
  Consumer(PoolOptions options, H& in, Body body) : options_(std::move(options)), in_(&in) {
    run_ = [body = std::move(body), &in](std::size_t, const std::stop_token& stop) { body(in, stop); };
  }

  /// The same with an object for each worker.
  [[nodiscard]] static Consumer of(PoolOptions options, H& in, Factory factory) {
    Consumer pool(std::move(options), in, Body{});
    pool.run_ = [factory = std::move(factory), &in](std::size_t worker, const std::stop_token& stop) {
      factory(worker)->consume(in, stop);
    };
    return pool;
  }

  Consumer(Consumer&&) noexcept = default;
  Consumer& operator=(Consumer&&) noexcept = default;

  /// Used by PoolGroup.
  [[nodiscard]] detail::PoolTask task() && {
    H* in = in_;
    return {.options = std::move(options_),
            .input = in,
            .run = std::move(run_),
            .fail = [in](const std::exception_ptr& failure) { in->fail(failure); },
            .sign_off = [](std::size_t) {},
            .abandon = [in] { in->abandon(); }};
  }

 private:
  PoolOptions options_;
  H* in_;
  std::function<void(std::size_t, const std::stop_token&)> run_;
};

}  // namespace leat
