#pragma once

#include <string>

#include "cli/command.hpp"
#include "cli/words.hpp"
#include "fault_bed.hpp"

namespace leat::test {

/// The command of a named job between FaultBed's servers; `v` is what its column v gets.
[[nodiscard]] inline Words fault_command(const std::string& job, WriteMode mode,
                                         const std::string& lost_snapshot,
                                         const std::string& v = "slow(v, id)") {
  return {"copy-table",
          "--source",
          FaultBed::source().uri("src"),
          "--target",
          FaultBed::target().uri("dst"),
          "--from",
          "t",
          "--map",
          "v=" + v,
          "--mode",
          std::string(to_string(mode)),
          "--job",
          job,
          "--on-lost-snapshot",
          lost_snapshot,
          "--readers",
          "2",
          "--writers",
          "2"};
}

}  // namespace leat::test
