#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "leat/jobs/report/job_report.hpp"
#include "leat/postgres/session/connection.hpp"

namespace leat::runs_detail {

/// What a load came to in an earlier run.
struct EarlierLoad {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rejected = 0;
};

/// Ids of the document's runs, the last one first.
[[nodiscard]] std::vector<std::string> last_runs(Connection& session, const std::string& document,
                                                 const std::stop_token& stop);

/// By the names of loads: what they came to, the last run first.
using LoadHistory = std::map<std::string, std::vector<EarlierLoad>>;

/// What the session's ledger has of these loads in these runs.
[[nodiscard]] LoadHistory history_of(Connection& target, const std::vector<std::string>& runs,
                                     const std::vector<std::string>& loads, const std::stop_token& stop);

/// The middle one, or the smaller of two. Of at least one.
[[nodiscard]] std::uint64_t median(std::vector<std::uint64_t> numbers);

/// What of a load is far from what it came to in at least three earlier runs, for people: less than half or
/// more than twice as many rows or bytes, or more rejects.
[[nodiscard]] std::vector<std::string> unusual_of(const JobReport& report,
                                                  const std::vector<EarlierLoad>& earlier);

}  // namespace leat::runs_detail
