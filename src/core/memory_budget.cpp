#include "leat/core/memory_budget.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "leat/core/error.hpp"

namespace leat {

/// What one holder has.
struct MemoryBudget::Account {
  explicit Account(std::shared_ptr<MemoryBudget> of) : budget(std::move(of)) {}

  const std::shared_ptr<MemoryBudget> budget;
  // Guarded by the budget's mutex_
  std::uint64_t held = 0;
};

/// A thread that waits; it lives on that thread's stack.
struct MemoryBudget::Waiter {
  Account& account;
  const std::uint64_t bytes;
  bool granted = false;
  std::condition_variable_any changed{};
};

bool MemoryBudget::fits(std::uint64_t bytes) const noexcept {
  return limit_ == 0 || (held_ <= limit_ && bytes <= limit_ - held_);
}

void MemoryBudget::grant(Account& account, std::uint64_t bytes) noexcept {
  account.held += bytes;
  held_ += bytes;
  high_water_ = std::max(high_water_, held_);
}

void MemoryBudget::grant_waiting() noexcept {
  bool in_turn = true;  // nobody who came before waits for the same room
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    Waiter& waiter = **at;
    if (waiter.account.held == 0 || (in_turn && fits(waiter.bytes))) {
      grant(waiter.account, waiter.bytes);
      waiter.granted = true;
      waiter.changed.notify_one();
      at = waiting_.erase(at);
    } else {
      if (waiter.bytes <= limit_) in_turn = false;
      ++at;
    }
  }
}

void MemoryBudget::acquire(Account& account, std::uint64_t bytes, const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped{};
  std::unique_lock lock(mutex_);
  const bool in_turn = std::none_of(waiting_.begin(), waiting_.end(),
                                    [this](const Waiter* other) { return other->bytes <= limit_; });
  if (account.held == 0 || (in_turn && fits(bytes))) {
    grant(account, bytes);
    return;
  }
  Waiter waiter{.account = account, .bytes = bytes};
  const auto place = waiting_.insert(waiting_.end(), &waiter);
  const auto begin = std::chrono::steady_clock::now();
  waiter.changed.wait(lock, stop, [&] { return waiter.granted; });
  waited_ += std::chrono::steady_clock::now() - begin;
  if (waiter.granted) return;
  waiting_.erase(place);
  grant_waiting();
  throw Stopped{};
}

void MemoryBudget::change(Account& account, std::uint64_t from, std::uint64_t to) noexcept {
  const std::lock_guard lock(mutex_);
  assert(account.held >= from && held_ >= from);
  account.held -= from;
  held_ -= from;
  grant(account, to);
  if (to < from) grant_waiting();
}

MemoryBudgetStats MemoryBudget::stats() const {
  const std::lock_guard lock(mutex_);
  return {.held = ByteCount{held_},
          .high_water = ByteCount{high_water_},
          .waiting = waiting_.size(),
          .waited = waited_};
}

MemoryBudget::Lease::Lease(Lease&& other) noexcept
    : account_(std::move(other.account_)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryBudget::Lease& MemoryBudget::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    account_ = std::move(other.account_);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void MemoryBudget::Lease::resize(ByteCount bytes) noexcept {
  if (account_ && bytes.count() != bytes_) account_->budget->change(*account_, bytes_, bytes.count());
  bytes_ = bytes.count();
}

MemoryBudget::Holder::Holder(const std::shared_ptr<MemoryBudget>& budget)
    : account_(budget ? std::make_shared<Account>(budget) : nullptr) {}

MemoryBudget::Lease MemoryBudget::Holder::acquire(ByteCount bytes, const std::stop_token& stop) const {
  if (account_ && bytes.count() != 0) account_->budget->acquire(*account_, bytes.count(), stop);
  return {account_, bytes.count()};
}

ByteCount MemoryBudget::Holder::held() const {
  if (!account_) return {};
  const std::lock_guard lock(account_->budget->mutex_);
  return ByteCount{account_->held};
}

}  // namespace leat
