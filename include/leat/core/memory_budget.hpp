#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <stop_token>
#include <utility>

#include "leat/core/bytes.hpp"

namespace leat {

/// What a MemoryBudget has seen. A plain value.
struct MemoryBudgetStats {
  ByteCount held{};                   ///< by all leases now
  ByteCount high_water{};             ///< the most that was ever held at once
  std::size_t waiting = 0;            ///< threads that wait now
  std::chrono::nanoseconds waited{};  ///< by all threads that have waited, together
};

/// A number of bytes that many channels share, however many jobs of a process they belong to. Each channel is
/// a Holder, and takes a Lease for each batch that it has in memory. Thread-safe; shared by std::shared_ptr,
/// and it lives as long as its last holder or lease.
///
/// Invariants:
///  - A lease is granted when it fits (held + bytes <= limit), or when its holder holds nothing. So what is
///  held
///    beyond the limit is at most one lease of each holder, and what leases have grown by since; a lease
///    wider than the limit is its holder's only one.
///  - A holder for which a thread waits holds something. So a channel always gets its next batch once those
///  that
///    it has are gone: neither do channels that wait for each other block for ever, nor does anybody starve.
///  - Leases that have to fit are granted in the order in which they were asked for; the ones wider than the
///    limit wait aside, for their holder alone, and keep nobody up.
class MemoryBudget {
 public:
  class Holder;
  class Lease;

  /// Zero: no limit; what is held is counted all the same.
  explicit MemoryBudget(ByteCount limit) : limit_(limit.count()) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  [[nodiscard]] ByteCount limit() const noexcept { return ByteCount{limit_}; }
  [[nodiscard]] MemoryBudgetStats stats() const;

 private:
  struct Account;
  struct Waiter;

  void acquire(Account& account, std::uint64_t bytes, const std::stop_token& stop);
  void change(Account& account, std::uint64_t from, std::uint64_t to) noexcept;

  // With mutex_ held
  [[nodiscard]] bool fits(std::uint64_t bytes) const noexcept;
  void grant(Account& account, std::uint64_t bytes) noexcept;
  void grant_waiting() noexcept;

  // Constant after construction
  const std::uint64_t limit_;

  mutable std::mutex mutex_;
  // Guarded by mutex_
  std::uint64_t held_ = 0;
  std::uint64_t high_water_ = 0;
  std::list<Waiter*> waiting_;  // in the order in which they came
  std::chrono::nanoseconds waited_{};
};

/// Bytes of a budget, given back at its end. Move-only; used by one thread at a time. May outlive its holder.
class MemoryBudget::Lease {
 public:
  /// Holds nothing.
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { release(); }

  [[nodiscard]] ByteCount bytes() const noexcept { return ByteCount{bytes_}; }
  /// Never waits: what a batch has become is counted, also where that is more than the limit.
  void resize(ByteCount bytes) noexcept;
  /// Gives everything back. Idempotent.
  void release() noexcept { resize(ByteCount{}); }

 private:
  friend Holder;
  Lease(std::shared_ptr<Account> account, std::uint64_t bytes) noexcept
      : account_(std::move(account)), bytes_(bytes) {}

  std::shared_ptr<Account> account_;
  std::uint64_t bytes_ = 0;
};

/// One channel of batches. Thread-safe.
class MemoryBudget::Holder {
 public:
  /// Without a budget (null) everything is granted and nothing is counted.
  explicit Holder(const std::shared_ptr<MemoryBudget>& budget);

  /// Waits until there is room; a holder that holds nothing never waits. A request of zero bytes is always
  /// granted. @throws Stopped
  [[nodiscard]] Lease acquire(ByteCount bytes, const std::stop_token& stop) const;

  /// What its leases hold now.
  [[nodiscard]] ByteCount held() const;

 private:
  std::shared_ptr<Account> account_;
};

}  // namespace leat
