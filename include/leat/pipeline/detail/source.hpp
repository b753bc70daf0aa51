#pragma once

#include <exception>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/pipeline/detail/node.hpp"
#include "leat/pipeline/refill.hpp"

namespace leat::detail {

/// A stop token that follows two others.
class LEAT_EXPORT EitherStop {
 public:
  EitherStop(const std::stop_token& one, const std::stop_token& other);
  EitherStop(const EitherStop&) = delete;
  EitherStop& operator=(const EitherStop&) = delete;
  ~EitherStop();
  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Request> on_one_;
  std::stop_callback<Request> on_other_;
};

/// Asks a hook for items as soon as there is room. Hook: Refill<T>(std::size_t count, const
/// std::stop_token&).
template <class T, class Hook>
class Source final : public SourceNode {
 public:
  explicit Source(Hook hook) : hook_(std::move(hook)) {}

  void add_pool(PoolGroup& group, Flow& flow, HandOffBox& out, std::stop_token drain) override {
    group.add(
        StagePool({.name = "refill"}, nullptr, &out,
                  [this, &flow, &out, drain = std::move(drain)](std::size_t, const std::stop_token& stop) {
                    run(monitor_in<T>(out), flow, drain, stop);
                  }));
  }

 private:
  void run(Monitor<WorkItem<T>>& out, Flow& flow, const std::stop_token& drain, const std::stop_token& stop) {
    const EitherStop either(drain, stop);
    const std::stop_token token = either.token();
    try {
      for (bool more = true; more;) {
        flow.spent().clear();
        Refill<T> refill = ask(out.wait_for_room(token), flow, token);
        std::vector<WorkItem<T>>& items = refill.work();
        enter(items, flow);
        out.write_all(std::span(items), stop);  // what was given goes on, even when the pipeline drains
        if (refill.kind() == Refill<T>::Kind::idle) {
          Flow::pause(refill.delay().value_or(flow.options().idle_delay), token);
        }
        more = refill.kind() != Refill<T>::Kind::done;
      }
    } catch (const Stopped&) {
      if (stop.stop_requested() || !drain.stop_requested()) throw;
    }
  }

  /// @throws Stopped. If refill fails for good, the error is kept and the answer is done.
  Refill<T> ask(std::size_t count, Flow& flow, const std::stop_token& token) {
    for (int attempt = 1;; ++attempt) {
      std::exception_ptr error;
      try {
        flow.refills().add();
        return hook_(count, token);
      } catch (...) {
        if (token.stop_requested()) throw Stopped{};
        error = Flow::as_failure(std::current_exception());
      }
      const RetryDecision decision = decide_retry(flow.options().refill_retry, error, attempt, flow.random());
      if (!decision.again) {
        flow.source_failed(error);
        return Refill<T>::done();
      }
      Flow::pause(decision.delay, token);
    }
  }

  /// Removes items that are refused.
  static void enter(std::vector<WorkItem<T>>& items, Flow& flow) {
    const auto now = flow.tracks() ? Clock::now() : Clock::time_point{};
    std::erase_if(items, [&flow, now](WorkItem<T>& item) { return !flow.enter(item, now); });
  }

  Hook hook_;
};

}  // namespace leat::detail
