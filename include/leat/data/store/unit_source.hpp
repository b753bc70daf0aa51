#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/data/store/unit.hpp"
#include "leat/data/store/unit_reader.hpp"

namespace leat {

/// The rows of one object of a store, cut into units: of a table, a query, a file, a generator. All its
/// readers see the same rows. It outlives them. Used by the thread that runs the job; reader(), check() and
/// order_of() by any thread.
class LEAT_EXPORT UnitSource {
 public:
  UnitSource() = default;
  UnitSource(const UnitSource&) = delete;
  UnitSource& operator=(const UnitSource&) = delete;
  virtual ~UnitSource() = default;

  /// The definitions of its units, in the order in which one reader would read them. At least one.
  [[nodiscard]] virtual std::vector<std::string> cut() const = 0;
  /// @throws Error (source, 55000) if a definition of an earlier attempt means nothing now.
  virtual void check(const std::string& definition) const = 0;
  /// Grows in the order in which one reader would read the units.
  [[nodiscard]] virtual std::uint64_t order_of(const Unit& unit) const = 0;
  /// Another reader.
  [[nodiscard]] virtual std::unique_ptr<UnitReader> reader() = 0;

  /// Equal texts of two attempts: they see equal rows. If that cannot be known, each call returns another
  /// text.
  [[nodiscard]] virtual std::string identity(const std::stop_token& stop) = 0;
  /// By what another process sees the same rows (StoreReading::snapshot); empty: it needs nothing for that.
  /// nullopt: no other process can.
  [[nodiscard]] virtual std::optional<std::string> shared_snapshot() const = 0;
  /// Notices that the store has ended what keeps the rows as they are. @throws Error (source).
  virtual void check_alive(const std::stop_token& stop) = 0;
  /// No reader works any more, and what keeps the rows as they are is not needed.
  virtual void release() noexcept = 0;
};

}  // namespace leat
