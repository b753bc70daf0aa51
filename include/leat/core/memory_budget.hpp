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
#include "leat/core/detail/export.hpp"

namespace leat {

/// The statistics of a MemoryBudget. A plain value.
struct MemoryBudgetStats {
  ByteCount held{};                   ///< by all leases now
  ByteCount high_water{};             ///< the most that was ever held at the same time
  std::size_t waiting = 0;            ///< threads that are waiting now
  std::chrono::nanoseconds waited{};  ///< total waiting time of all threads
};

/// A number of bytes that many channels share, even if they belong to different jobs of the process. Each
/// channel is a Holder, and takes a Lease for each batch that it has in memory. Thread-safe. Shared by
/// std::shared_ptr; it lives as long as its last holder or lease.
///
/// Invariants:
///
/// - A lease is granted if it fits (held + bytes <= limit), or if its holder holds nothing. So the bytes held
/// beyond the limit are at most one lease of each holder, and what leases have grown since then. A lease that
/// is larger than the limit is the only lease of its holder.
/// - A holder for which a thread waits holds something. So a channel always gets its next batch once its
/// earlier batches are gone: channels that wait for each other do not block for ever, and no channel starves.
/// - Leases that have to fit are granted in the order of their requests. Leases larger than the limit wait
/// separately, only for their own holder, and delay nobody else.
class LEAT_EXPORT MemoryBudget {
 public:
  class Holder;
  class Lease;

  /// Zero: no limit; the bytes held are still counted.
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

/// Bytes of a budget, which the destructor gives back. Move-only; used by one thread at a time. May outlive
/// its holder.
class LEAT_EXPORT MemoryBudget::Lease {
 public:
  /// Holds nothing.
  Lease() = default;
  Lease(Lease&& other) noexcept;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { release(); }

  [[nodiscard]] ByteCount bytes() const noexcept { return ByteCount{bytes_}; }
  /// Changes the size to what the batch has become. Never waits, even if that exceeds the limit.
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
class LEAT_EXPORT MemoryBudget::Holder {
 public:
  /// If the budget is null, every request is granted and nothing is counted.
  explicit Holder(const std::shared_ptr<MemoryBudget>& budget);

  /// Waits until there is room. A holder that holds nothing never waits. A request of zero bytes is always
  /// granted.
  /// @throws Stopped
  [[nodiscard]] Lease acquire(ByteCount bytes, const std::stop_token& stop) const;

  /// How many bytes the leases of this holder hold now.
  [[nodiscard]] ByteCount held() const;

 private:
  std::shared_ptr<Account> account_;
};

}  // namespace leat
