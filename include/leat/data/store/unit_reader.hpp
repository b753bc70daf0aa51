#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "leat/core/detail/export.hpp"
#include "leat/data/read_options.hpp"
#include "leat/data/row_batch.hpp"
#include "leat/data/store/row_source.hpp"
#include "leat/data/store/unit.hpp"

namespace leat {

/// Takes the rows of one unit from its reader. Used by the reader's thread.
class LEAT_EXPORT UnitFeed {
 public:
  UnitFeed() = default;
  UnitFeed(const UnitFeed&) = delete;
  UnitFeed& operator=(const UnitFeed&) = delete;
  virtual ~UnitFeed() = default;

  /// Hands rows on, waiting where too many wait already. @throws Stopped: nobody wants the unit any more.
  virtual void write(RowBatch batch, const std::stop_token& stop) = 0;
  /// Whether another reader has nothing left to do.
  [[nodiscard]] virtual bool is_hungry() const = 0;
  /// Gives away the rest of the unit: the reader goes on to the end of `shortened` alone, and somebody else
  /// reads `rest`; both are definitions. `hint` goes along with the rest. False: it is too late, and the unit
  /// stays as it is.
  [[nodiscard]] virtual bool split(const std::string& shortened, const std::string& rest,
                                   const std::string& hint, const std::stop_token& stop) = 0;
};

/// Reads units of a source, one after the other. Used by one thread.
class LEAT_EXPORT UnitReader {
 public:
  UnitReader() = default;
  UnitReader(const UnitReader&) = delete;
  UnitReader& operator=(const UnitReader&) = delete;
  virtual ~UnitReader() = default;

  /// Returns when all rows of the unit are in the feed. @throws Error of the source; Stopped.
  virtual void read(const Unit& unit, const ReadOptions& options, UnitFeed& feed,
                    const std::stop_token& stop) = 0;
  /// What people call the unit: "pages 0 to 127"; empty: it is all there is.
  [[nodiscard]] virtual std::string name_of(const Unit& unit) const = 0;
};

/// Reads the only unit of a source: all of its rows, in their order. `rows` outlives it.
[[nodiscard]] LEAT_EXPORT std::unique_ptr<UnitReader> whole_reader(RowSource& rows);

}  // namespace leat
