#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "leat/data/store/finding.hpp"
#include "leat/jobs/report/copy_tables_report.hpp"

namespace leat::cli {

/// What became of a clone, or would become of it.
struct CloneReport {
  bool is_plan = false;
  std::string source{};
  std::string target{};
  bool continued = false;         ///< an earlier run had begun
  bool consistent = true;         ///< all rows were read in one snapshot
  CopyTablesReport tables{};      ///< of this run
  std::size_t tables_before = 0;  ///< that an earlier run has copied
  std::size_t tables_found = 0;   ///< that the source has
  std::size_t sequences = 0;
  std::uint64_t large_objects = 0;
  std::vector<std::pair<std::string, std::chrono::nanoseconds>> steps{};
  std::chrono::nanoseconds elapsed{};
  std::vector<Finding> findings{};
  std::vector<std::string> left_out{};
  std::vector<std::string> remarks{};
};

[[nodiscard]] std::string to_json(const CloneReport& report);
[[nodiscard]] std::string report_text(const CloneReport& report);

}  // namespace leat::cli
