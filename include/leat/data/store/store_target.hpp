#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/schema.hpp"
#include "leat/data/store/capabilities.hpp"
#include "leat/data/store/store_source.hpp"
#include "leat/data/store/store_writer.hpp"
#include "leat/data/store/write_mode.hpp"

namespace leat {

/// What is to be loaded into an object of a store.
struct StoreLoading {
  std::string object{};
  std::shared_ptr<const Schema> schema{};  ///< of the rows that come, in binary format
  WriteMode mode = WriteMode::replace;
  std::vector<std::string> key{};  ///< for modes that match rows
  /// The name under which the ledger has the lines of units, those of earlier attempts too. Empty: nothing of
  /// the load is to outlive this process.
  std::string job{};
  bool creates = false;  ///< an object that is missing is made after the schema
};

/// One load of an object, by as many writers as are wanted. Thread-safe; it outlives its writers.
class LEAT_EXPORT StoreLoad {
 public:
  StoreLoad() = default;
  StoreLoad(const StoreLoad&) = delete;
  StoreLoad& operator=(const StoreLoad&) = delete;
  virtual ~StoreLoad() = default;

  /// The lines of units that are committed. Each number is there once.
  [[nodiscard]] virtual std::vector<LedgerLine> lines(const std::stop_token& stop) = 0;
  /// Another writer, for one thread.
  [[nodiscard]] virtual std::unique_ptr<StoreWriter> writer(const std::stop_token& stop) = 0;
  /// When all units are committed: shows their rows to everybody, by the mode. Returns how many rows the
  /// store has counted. @throws Error; the old rows are there then if the store has transactions.
  virtual std::uint64_t publish(const std::stop_token& stop) = 0;
  /// Takes away what was collected and will not be published. Never throws.
  virtual void discard() noexcept = 0;
};

/// A store of another kind that rows go to. Thread-safe.
class LEAT_EXPORT StoreTarget {
 public:
  StoreTarget() = default;
  StoreTarget(const StoreTarget&) = delete;
  StoreTarget& operator=(const StoreTarget&) = delete;
  virtual ~StoreTarget() = default;

  [[nodiscard]] virtual StoreCapabilities capabilities() const = 0;
  /// The object's columns and what stands against loading it; without columns and findings: it is missing.
  /// @throws Error (target) if the store cannot be reached.
  [[nodiscard]] virtual StoreObject describe(const std::string& object, const std::stop_token& stop) = 0;
  /// Begins a load. Nothing that others see changes before publish(), but in the mode append. @throws Error
  /// (config) for a mode that capabilities() does not have.
  [[nodiscard]] virtual std::shared_ptr<StoreLoad> begin(const StoreLoading& what,
                                                         const std::stop_token& stop) = 0;
};

}  // namespace leat
