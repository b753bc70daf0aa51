#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "leat/core/monitor.hpp"
#include "leat/data/row_batch_pool.hpp"
#include "leat/transform/transform_class.hpp"
#include "leat/work/unit_channel.hpp"
#include "work/shaped_batches.hpp"

namespace leat {

/// The row hooks of one reader: batches that it has read, on their way through threads that run the hook into
/// the channel of their unit. The reader's thread calls put() and drain(), the others run().
class UnitHooks {
 public:
  /// A batch, and where it goes when the hook has seen it.
  struct Work {
    std::shared_ptr<UnitChannel> channel{};
    std::shared_ptr<const std::string> name{};  ///< of its unit
    HeldBatch batch;
  };
  using Waiting = Monitor<Work>;

  /// `fails_alone`: an error of the hook is its unit's. `pool` outlives it.
  UnitHooks(std::size_t workers, bool fails_alone, RowBatchPool& pool)
      : pool_(pool),
        fails_alone_(fails_alone),
        waiting_({.items = 2 * workers}),
        reader_(waiting_.register_producer()) {}

  [[nodiscard]] Waiting& waiting() { return waiting_; }
  /// The reader has no more units.
  void sign_off() { reader_.sign_off(); }

  /// @throws Stopped, where the hook has failed, too.
  void put(Work work, const std::stop_token& stop) {
    if (work.channel->error()) throw Stopped{};
    {
      const std::lock_guard lock(mutex_);
      if (lost_) throw Stopped{};
      ++under_way_;
    }
    waiting_.write(std::move(work), stop);
  }

  /// Waits until all batches of the reader are through. @throws Stopped, where the hook has failed, too.
  void drain(const UnitChannel& channel, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return under_way_ == 0; })) throw Stopped{};
    if (lost_ || channel.error()) throw Stopped{};
  }

  /// Until the reader has signed off. @throws what the hook throws.
  void run(const Transform::BatchHook& hook, const std::stop_token& stop) {
    run_with([&](Work& work) { change(hook, work, stop); }, stop);
  }
  /// The same of a hook that changes the shape of rows.
  void run(const jobs_detail::ShapedHook& hook, const std::stop_token& stop) {
    const MemoryBudget::Holder more(std::make_shared<MemoryBudget>(ByteCount{hook.batch_bytes}));
    run_with([&](Work& work) { reshape(hook, work, more, stop); }, stop);
  }

 private:
  template <class Change>
  void run_with(const Change& change, const std::stop_token& stop) {
    while (auto work = waiting_.read(stop)) {
      try {
        pass(change, *work, stop);
      } catch (...) {
        count_passed(true);
        throw;
      }
      count_passed(false);
    }
  }

  /// A batch is through. Where an exception ends the thread that has it, its rows are lost, and the reader
  /// hears of that together with the count: it must not take its rows for complete.
  void count_passed(bool is_lost) {
    const std::lock_guard lock(mutex_);
    lost_ = lost_ || is_lost;
    --under_way_;
    changed_.notify_all();
  }

  template <class Change>
  void pass(const Change& change, Work& work, const std::stop_token& stop) {
    try {
      if (!work.channel->error()) change(work);
    } catch (const Stopped&) {
      // The writer may have left this unit alone.
      if (stop.stop_requested() || !fails_alone_) throw;
    } catch (const Error& error) {
      const Error named = work.name->empty() ? error : error.within(*work.name);
      if (!fails_alone_) throw named;
      work.channel->fail(named);
    }
  }

  void change(const Transform::BatchHook& hook, Work& work, const std::stop_token& stop) {
    RowBatch& rows = work.batch.rows;
    RowBatch changed = pool_.acquire(rows.schema());
    hook(rows, changed);
    pool_.release(std::move(rows));
    if (changed.size() == 0) {
      pool_.release(std::move(changed));
      return;
    }
    work.batch.lease.resize(ByteCount{byte_weight_of(changed)});
    work.channel->write(HeldBatch(std::move(changed), std::move(work.batch.lease)), stop);
  }

  void reshape(const jobs_detail::ShapedHook& hook, Work& work, const MemoryBudget::Holder& more,
               const std::stop_token& stop) {
    RowBatch& rows = work.batch.rows;
    ShapedBatches batches(hook, *work.channel, std::move(work.batch.lease), more, pool_, stop);
    hook.run(rows, batches);
    pool_.release(std::move(rows));
    batches.end();
  }

  RowBatchPool& pool_;
  const bool fails_alone_;
  Waiting waiting_;
  Waiting::Registration reader_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::size_t under_way_ = 0;
  bool lost_ = false;  // rows that were under way
};

}  // namespace leat
