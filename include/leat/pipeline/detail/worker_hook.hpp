#pragma once

#include <concepts>
#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/pipeline/detail/flow.hpp"
#include "leat/pipeline/per_worker.hpp"

namespace leat::detail {

/// The hook that a worker calls: what the stage has, or what its factory makes.
template <class Hook>
struct WorkerHook {
  using Type = Hook;
};
template <class Make>
requires std::is_invocable_v<Make&>
struct WorkerHook<HookFactory<Make>> {
  using Type = std::remove_cvref_t<std::invoke_result_t<Make&>>;
};
template <class Hook>
using WorkerHookOf = typename WorkerHook<Hook>::Type;

template <class Hook>
concept Begins = requires(Hook& hook) {
  hook.begin();
};
/// It has a member of that name, whatever its type. (A class that can be derived from has an ambiguous one
/// then.)
struct NamedBegin {
  int begin;
};
struct NamedEnd {
  int end;
};
template <class Hook, class Named>
struct AlsoNamed : Hook, Named {};
template <class Hook>
concept NamesBegin = std::is_class_v<Hook> && !std::is_final_v<Hook> && !requires {
  &AlsoNamed<Hook, NamedBegin>::begin;
};
template <class Hook>
concept NamesEnd = std::is_class_v<Hook> && !std::is_final_v<Hook> && !requires {
  &AlsoNamed<Hook, NamedEnd>::end;
};

template <class Hook>
concept BeginsUntilStopped = requires(Hook& hook, const std::stop_token& stop) {
  hook.begin(stop);
};
template <class Hook>
concept Ends = requires(Hook& hook, WorkOutcome outcome) {
  hook.end(outcome);
};

/// A hook that knows when its work is final.
template <class Hook>
concept HasCommitPoint = requires(const Hook& hook) {
  { hook.commit_point() } -> std::same_as<CommitPoint>;
};
/// @throws Error (config) if the stage takes it for final at another time.
LEAT_EXPORT void require_commit(const StageFlow& here, CommitPoint of_hook);

/// Runs what a worker does before its first item. What it throws ends the run, but for its way of stopping.
template <class Begin>
decltype(auto) begun(const std::stop_token& stop, const Begin& begin) {
  try {
    return begin();
  } catch (...) {
    if (stop.stop_requested()) throw Stopped{};
    std::rethrow_exception(Flow::as_end(std::current_exception()));
  }
}

/// Calls `work(hook)` with a hook that all workers share.
template <class Hook, class Work>
void with_hook(Hook& hook, Flow& /*flow*/, StageFlow& /*here*/, WorkerTally& /*tally*/,
               const std::stop_token& /*stop*/, const Work& work) {
  work(hook);
}

/// The same with one that this worker has for itself. If its work becomes final only at its end, items that
/// it has completed have failed unless that end is done.
template <class Make, class Work>
void with_hook(HookFactory<Make>& factory, Flow& flow, StageFlow& here, WorkerTally& tally,
               const std::stop_token& stop, const Work& work) {
  using Hook = WorkerHookOf<HookFactory<Make>>;
  static_assert(!NamesBegin<Hook> || Begins<Hook> || BeginsUntilStopped<Hook>,
                "per_worker(): a hook's begin is called as begin() or begin(const std::stop_token&)");
  static_assert(!NamesEnd<Hook> || Ends<Hook>, "per_worker(): a hook's end is called as end(WorkOutcome)");
  Hook hook = begun(stop, [&]() -> Hook { return factory.make(); });
  if constexpr (HasCommitPoint<Hook>) begun(stop, [&] { require_commit(here, hook.commit_point()); });
  begun(stop, [&] {
    if constexpr (BeginsUntilStopped<Hook>) {
      hook.begin(stop);
    } else if constexpr (Begins<Hook>) {
      hook.begin();
    }
  });
  if constexpr (!Ends<Hook>) {
    work(hook);
  } else {
    const CommitPoint commit = here.options.commit;
    const auto undo = [&] {
      if (commit != CommitPoint::item) tally.failed.add(tally.completed.take());
    };
    std::exception_ptr thrown;
    WorkOutcome outcome = WorkOutcome::done;
    try {
      work(hook);
      if (commit == CommitPoint::run) {
        if (here.meeting.wait_for_all(stop, [&] { return flow.has_failed(); })) outcome = WorkOutcome::failed;
      }
    } catch (const Stopped&) {
      thrown = std::current_exception();
      outcome = WorkOutcome::stopped;
    } catch (...) {
      thrown = std::current_exception();
      outcome = WorkOutcome::failed;
    }
    if (outcome != WorkOutcome::done) undo();
    try {
      hook.end(outcome);
    } catch (...) {
      if (outcome == WorkOutcome::done) undo();
      const auto error = Flow::as_end(std::current_exception());
      if (thrown) {
        flow.log_failed_end(here.name, error);
      } else {
        thrown = error;
      }
    }
    if (thrown) std::rethrow_exception(thrown);
  }
}

}  // namespace leat::detail
