#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/core/error.hpp"
#include "leat/data/store/unit.hpp"

namespace leat {

/// How far the units of a job are.
struct UnitCounts {
  std::size_t total = 0;
  std::size_t done = 0;
  std::size_t taken = 0;
  std::size_t retries = 0;
};

/// That a unit could not be cut, so that it is not known which units there are: no failure of that unit
/// alone.
struct SplitFailed {
  Error error;
};

/// Hands out the units of a job. Thread-safe.
///
/// Invariant: every unit is waiting, taken, or done; take() returns nullopt only when all are done.
class LEAT_EXPORT Coordinator {
 public:
  Coordinator() = default;
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;
  virtual ~Coordinator() = default;

  /// The next one, waiting for one that fails or is cut while all are taken; nullopt: all are done.
  /// @throws Stopped
  [[nodiscard]] virtual std::optional<Unit> take(const std::stop_token& stop) = 0;
  /// One that was taken is done.
  virtual void done(const Unit& unit) = 0;
  /// One that was taken has failed. True: somebody will do it again; false: it is given up.
  [[nodiscard]] virtual bool retry(Unit unit, const Error& error) = 0;
  /// Makes a unit that is taken shorter, and another one of its rest, which gets its number here. What the
  /// coordinator keeps in definitions besides is added to that of `shortened`. False: it is too late, and
  /// nothing was changed. @throws SplitFailed
  [[nodiscard]] virtual bool split(Unit& shortened, const std::string& rest, const std::string& hint,
                                   const std::stop_token& stop) = 0;
  /// Whether somebody waits while all units are taken.
  [[nodiscard]] virtual bool is_hungry() const = 0;
  [[nodiscard]] virtual UnitCounts counts() const = 0;
};

}  // namespace leat
