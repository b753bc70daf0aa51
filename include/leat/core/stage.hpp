#pragma once

#include <functional>
#include <stop_token>
#include <utility>

#include "leat/core/consumer.hpp"
#include "leat/core/producer.hpp"

namespace leat {

/// A pool of workers that read from one hand-off and write into another: a consumer of `in` and a producer of
/// `out`. Move-only; add it to a PoolGroup.
template <HandOff In, HandOff Out>
class Stage {
 public:
  /// A callable `void(In&, Out&, std::stop_token)`. Several workers call it at the same time.
  using Body = std::function<void(In&, Out&, std::stop_token)>;

  /// Both hand-offs must outlive the group to which the pool is added.
  Stage(PoolOptions options, In& in, Out& out, Body body)
      : in_(&in),
        producer_(std::move(options), out,
                  [body = std::move(body), &in](Out& hand_off, std::stop_token stop) {
                    body(in, hand_off, std::move(stop));
                  }) {}

  /// Used by PoolGroup.
  [[nodiscard]] detail::PoolTask task() && {
    detail::PoolTask task = std::move(producer_).task();
    In* in = in_;
    task.input = in;
    task.fail = [in, fail_output = std::move(task.fail)](const std::exception_ptr& failure) {
      in->fail(failure);
      fail_output(failure);
    };
    task.abandon = [in] { in->abandon(); };
    return task;
  }

 private:
  In* in_;
  Producer<typename Out::value_type, Out> producer_;
};

}  // namespace leat
