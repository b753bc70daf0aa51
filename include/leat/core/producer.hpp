#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/hand_off.hpp"
#include "leat/core/monitor.hpp"
#include "leat/core/pool_group.hpp"

namespace leat {

/// The work of one worker of a producer pool, as a class to override. Each worker has an object of its own.
template <class T, HandOff H = Monitor<T>>
class ProducerBody {
 public:
  virtual ~ProducerBody() = default;

  /// Writes items until there are no more, then returns. Runs on the worker's thread.
  virtual void produce(H& out, std::stop_token stop) = 0;
};

/// A pool of workers that write into a hand-off. Every worker is registered as a producer when the pool is
/// constructed, before any thread starts. It signs off when its body returns. Move-only; add it to a
/// PoolGroup.
template <class T, HandOff H = Monitor<T>>
class Producer {
 public:
  /// A callable `void(H&, std::stop_token)`. Several workers call it at the same time.
  using Body = std::function<void(H&, std::stop_token)>;
  /// Makes the body of a worker. The body is created and destroyed on the worker's thread.
  using Factory = std::function<std::unique_ptr<ProducerBody<T, H>>(std::size_t worker)>;

  /// The hand-off must outlive the group to which the pool is added.
  Producer(PoolOptions options, H& out, Body body)
      : Producer(std::move(options), out,
                 Run([body = std::move(body)](H& hand_off, std::size_t, std::stop_token stop) {
                   body(hand_off, std::move(stop));
                 })) {}

  /// The same with an object for each worker.
  [[nodiscard]] static Producer of(PoolOptions options, H& out, Factory factory) {
    return Producer(
        std::move(options), out,
        Run([factory = std::move(factory)](H& hand_off, std::size_t worker, std::stop_token stop) {
          factory(worker)->produce(hand_off, std::move(stop));
        }));
  }

  /// Used by PoolGroup.
  [[nodiscard]] detail::PoolTask task() && {
    auto registrations = std::make_shared<Registrations>(std::move(registrations_));
    H* out = out_;
    return {.options = std::move(options_),
            .input = nullptr,
            .run = [run = std::move(run_), out](std::size_t worker,
                                                const std::stop_token& stop) { run(*out, worker, stop); },
            .fail = [out](const std::exception_ptr& failure) { out->fail(failure); },
            .sign_off = [registrations](std::size_t worker) { (*registrations)[worker].sign_off(); },
            .abandon = {}};
  }

 private:
  using Run = std::function<void(H&, std::size_t, std::stop_token)>;
  using Registrations = std::vector<typename H::Registration>;

  Producer(PoolOptions options, H& out, Run run)
      : options_(std::move(options)), out_(&out), run_(std::move(run)) {
    for (std::size_t i = 0; i < options_.workers; ++i) registrations_.push_back(out.register_producer());
  }

  PoolOptions options_;
  H* out_;
  Run run_;
  Registrations registrations_;
};

}  // namespace leat
