#pragma once

#include <chrono>
#include <stop_token>

#include "leat/core/detail/export.hpp"
#include "leat/work/unit_channel.hpp"

namespace leat {

/// How often a writer without rows looks whether its server still works.
inline constexpr std::chrono::milliseconds writer_idle_check{250};

/// Writes what comes out of channels. Used by one thread.
class LEAT_EXPORT UnitWriter {
 public:
  UnitWriter() = default;
  UnitWriter(const UnitWriter&) = delete;
  UnitWriter& operator=(const UnitWriter&) = delete;
  virtual ~UnitWriter() = default;

  /// Writes all that comes. Where the channel is one unit's, it is committed when this returns; false where
  /// it was found to be done before. @throws what writing throws, and a reader's error.
  virtual bool write(UnitChannel& channel, const std::stop_token& stop) = 0;
  /// Between two channels of units that are committed alone: notices, without waiting, that the server has
  /// ended the session.
  virtual void check(const std::stop_token&) {}
};

}  // namespace leat
