#pragma once

#include <memory>
#include <stop_token>
#include <utility>

#include "leat/core/memory_budget.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/transform/detail/shaped_hook.hpp"
#include "leat/work/unit_channel.hpp"

namespace leat {

/// What a hook that changes the shape of rows makes of one batch, on its way into a channel. Used by one
/// thread, within the call of the hook.
class ShapedBatches final : public jobs_detail::HookBatches {
 public:
  /// `lease` is that of the batch the hook reads, which the first batch that it makes takes over. Others have
  /// theirs from `more`, which no other thread uses: whoever waits there waits for what it has made itself.
  ShapedBatches(const jobs_detail::ShapedHook& hook, UnitChannel& channel, MemoryBudget::Lease lease,
                const MemoryBudget::Holder& more, RowBatchPool& pool, const std::stop_token& stop)
      : HookBatches(*hook.schemas, pool.acquire(hook.schemas->output), hook.batch_bytes),
        hook_(hook),
        channel_(channel),
        lease_(std::move(lease)),
        more_(more),
        pool_(pool),
        stop_(stop) {}

  /// @throws Stopped
  void hand_on() override {
    if (!pass()) return;
    rows = pool_.acquire(hook_.schemas->output);
    for (std::size_t i = 0; i < beside.size(); ++i) beside[i] = RowBatch(hook_.schemas->beside[i].columns);
  }
  /// The last one. @throws Stopped
  void end() {
    if (!pass()) pool_.release(std::move(rows));
  }

 private:
  bool pass() {
    bool is_empty = rows.empty();
    for (const auto& batch : beside) is_empty = is_empty && batch.empty();
    if (is_empty) return false;
    HeldBatch held(std::move(rows));
    for (auto& batch : beside) held.beside.push_back(std::move(batch));
    const ByteCount bytes{byte_weight_of(held)};
    if (std::exchange(is_first_, false)) {
      held.lease = std::move(lease_);
      held.lease.resize(bytes);
    } else {
      held.lease = more_.acquire(bytes, stop_);
    }
    channel_.count_added(std::exchange(added, 0));
    channel_.write(std::move(held), stop_);
    return true;
  }

  const jobs_detail::ShapedHook& hook_;
  UnitChannel& channel_;
  MemoryBudget::Lease lease_;
  const MemoryBudget::Holder& more_;
  RowBatchPool& pool_;
  const std::stop_token& stop_;
  bool is_first_ = true;
};

}  // namespace leat
