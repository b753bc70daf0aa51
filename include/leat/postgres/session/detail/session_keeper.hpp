#pragma once

#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "leat/core/error.hpp"

namespace leat::postgres_detail {

/// How a SessionKeeper treats its items. It calls all functions outside of its lock, on any thread.
template <class Item>
struct KeeperRules {
  /// Opens one more.
  std::function<Item(const std::stop_token&)> open{};
  /// Whether an item that comes back may be lent again. If not, it is destroyed. Must not throw.
  std::function<bool(Item&)> is_fit{};
  /// The most items that are open at the same time.
  std::size_t limit = std::numeric_limits<std::size_t>::max();
  /// An item that was idle for longer is destroyed when the next one is lent or comes back.
  std::chrono::steady_clock::duration max_idle = std::chrono::steady_clock::duration::max();
  /// The SQLSTATEs by which a server says that there can be no more. Threads then share the items that are
  /// open, and none is opened. If none is open any more, the next thread tries again.
  std::vector<std::string_view> refusals{};
  /// Hears why, each time that the sharing begins. Not null if there are refusals.
  std::function<void(const Error&)> on_refusal{};
  /// Whether the sharing ends when an item does not come back.
  bool grows_after_loss = false;
};

/// Lends items, which are sessions or pairs of them, each to one thread at a time, and opens them when they
/// are needed. Of those that are idle the one that came back last is lent first. Outlives its leases.
/// Thread-safe.
///
/// Invariant: open = lent + idle + those just being opened or destroyed, and idle ≤ open ≤ limit. Nobody
/// waits while an item is idle, or may be opened: one that comes back wakes one thread, one that is lost or
/// could not be opened wakes all. There is memory for all open ones to be idle, so giving back needs none.
template <class Item>
class SessionKeeper {
  static_assert(std::is_nothrow_move_constructible_v<Item> && std::is_nothrow_move_assignable_v<Item>);

 public:
  using Clock = std::chrono::steady_clock;

  struct Counts {
    std::size_t open = 0;
    std::size_t idle = 0;
    std::size_t waiting = 0;  ///< threads
  };

  /// An item on loan, for one thread; it goes back when the lease ends.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          item_(std::move(other.item_)),
          idle_since_(other.idle_since_) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (owner_ != nullptr) owner_->give_back(std::move(item_));
    }

    [[nodiscard]] Item& operator*() noexcept { return item_; }
    [[nodiscard]] Item* operator->() noexcept { return &item_; }
    /// Nullopt: it was opened for this lease.
    [[nodiscard]] std::optional<Clock::time_point> idle_since() const noexcept { return idle_since_; }

    /// The item, which whoever has it returns by give_back().
    [[nodiscard]] Item detach() && noexcept {
      owner_ = nullptr;
      return std::move(item_);
    }

   private:
    friend class SessionKeeper;
    Lease(SessionKeeper& owner, Item item, std::optional<Clock::time_point> idle_since = {}) noexcept
        : owner_(&owner), item_(std::move(item)), idle_since_(idle_since) {}

    SessionKeeper* owner_;  // null: nothing on loan
    Item item_;
    std::optional<Clock::time_point> idle_since_;
  };

  explicit SessionKeeper(KeeperRules<Item> rules) : rules_(std::move(rules)) {}

  /// One that was opened elsewhere, idle from now on. There must be room for it within the limit.
  void add(Item item) {
    const std::lock_guard lock(mutex_);
    idle_.reserve(open_ + 1);
    ++open_;
    put(std::move(item), Clock::now());
  }

  /// An idle item; if there is none, a new one; if none may be opened, the first that comes back.
  /// @throws what opening throws, except refusals while another item is open. @throws Stopped.
  [[nodiscard]] Lease lend(const std::stop_token& stop) { return std::move(*lend_by(std::nullopt, stop)); }

  /// The same; nullopt if none came back until then. Opening has no limit here.
  [[nodiscard]] std::optional<Lease> lend_by(std::optional<Clock::time_point> deadline,
                                             const std::stop_token& stop) {
    close_expired(Clock::now());
    std::unique_lock lock(mutex_);
    while (wait(lock, deadline, stop)) {
      if (!idle_.empty()) {
        Lease lease(*this, std::move(idle_.back().item), idle_.back().since);
        idle_.pop_back();
        return lease;
      }
      idle_.reserve(open_ + 1);
      ++open_;
      lock.unlock();
      try {
        return Lease(*this, rules_.open(stop));
      } catch (const Error& error) {
        if (!shares_after(&error)) throw;
      } catch (...) {
        static_cast<void>(shares_after(nullptr));
        throw;
      }
      lock.lock();
    }
    return std::nullopt;
  }

  /// What a lease does at its end; for an item that was detached from one.
  void give_back(Item item) noexcept {
    const auto now = Clock::now();
    bool keep = rules_.is_fit(item);
    if (keep) {
      const std::lock_guard lock(mutex_);
      keep = !closed_;
      if (keep) put(std::move(item), now);
    }
    if (!keep) lose(std::move(item));
    close_expired(now);
  }

  /// Destroys the idle items, and each of the others when it comes back. Nothing is lent after that.
  void close() noexcept {
    std::vector<Idle> idle;
    const std::lock_guard lock(mutex_);
    closed_ = true;
    open_ -= idle_.size();
    idle.swap(idle_);
  }

  [[nodiscard]] Counts counts() const {
    const std::lock_guard lock(mutex_);
    return {.open = open_, .idle = idle_.size(), .waiting = waiting_};
  }

 private:
  struct Idle {
    Item item;
    Clock::time_point since;
  };

  // With the lock

  [[nodiscard]] bool may_lend() const {
    assert(idle_.size() <= open_ && open_ <= rules_.limit);
    return !idle_.empty() || (open_ < rules_.limit && (!refused_ || open_ == 0));
  }
  void put(Item item, Clock::time_point now) noexcept {
    idle_.push_back({std::move(item), now});
    changed_.notify_one();
  }
  /// False at the deadline. @throws Stopped.
  [[nodiscard]] bool wait(std::unique_lock<std::mutex>& lock, std::optional<Clock::time_point> deadline,
                          const std::stop_token& stop) {
    const auto may_lend = [this] { return this->may_lend(); };
    if (may_lend()) return true;
    ++waiting_;
    const bool came =
        deadline ? changed_.wait_until(lock, stop, *deadline, may_lend) : changed_.wait(lock, stop, may_lend);
    --waiting_;
    if (!came && stop.stop_requested()) throw Stopped{};
    return came;
  }

  // Without it

  /// After an item could not be opened: whether there are others to wait for instead.
  [[nodiscard]] bool shares_after(const Error* error) {
    const auto& refusals = rules_.refusals;
    const bool is_refusal =
        error != nullptr && std::find(refusals.begin(), refusals.end(), error->sqlstate()) != refusals.end();
    {
      const std::lock_guard lock(mutex_);
      --open_;
      changed_.notify_all();
      if (!is_refusal || open_ == 0) return false;
      if (std::exchange(refused_, true)) return true;
    }
    rules_.on_refusal(*error);
    return true;
  }
  void lose(Item item) noexcept {
    // Before its place is free.
    static_cast<void>(Item(std::move(item)));
    const std::lock_guard lock(mutex_);
    --open_;
    if (rules_.grows_after_loss) refused_ = false;
    changed_.notify_all();
  }
  /// One by one, so that it needs no memory.
  void close_expired(Clock::time_point now) noexcept {
    std::unique_lock lock(mutex_);
    while (!idle_.empty() && now - idle_.front().since > rules_.max_idle) {
      Item item = std::move(idle_.front().item);
      idle_.erase(idle_.begin());
      lock.unlock();
      lose(std::move(item));
      lock.lock();
    }
  }

  const KeeperRules<Item> rules_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  // Guarded by mutex_
  std::vector<Idle> idle_;  // the longest idle first; with room for open_ of them
  std::size_t open_ = 0;
  std::size_t waiting_ = 0;
  bool refused_ = false;  // the server gives no more
  bool closed_ = false;
};

}  // namespace leat::postgres_detail
