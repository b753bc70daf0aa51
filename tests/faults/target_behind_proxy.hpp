#pragma once

#include <string>

#include "fault_bed.hpp"
#include "support/fault_proxy.hpp"

namespace leat::test {

inline ResolvedConnection through(const FaultProxy& proxy, const std::string& database) {
  return ConnectionFactory().resolve("postgresql://leat@127.0.0.1:" + std::to_string(proxy.port()) + "/" +
                                     database);
}

/// A job whose sessions with the target go through a proxy, and how it is to be run.
struct TargetBehindProxy {
  explicit TargetBehindProxy(const FaultBed& bed, WriteMode mode) : options(bed.job("network")) {
    bed.add_old_rows(mode);
    options.mode = mode;
    options.target = through(proxy, "dst");
    if (mode == WriteMode::append) options.delivery.on_lost_snapshot = OnLostSnapshot::carry_on;
  }

  FaultProxy proxy{FaultBed::target().port()};
  CopyTableOptions options;
};

}  // namespace leat::test
