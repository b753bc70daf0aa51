#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/ledger/watermark.hpp"
#include "leat/postgres/session/connection_factory.hpp"

namespace leat {

/// Whose watermarks, and how the session behaves.
struct WatermarkRegistryOptions {
  ResolvedConnection target{};
  /// For locks, statements and silence, as with a job.
  JobLimits limits{};
  /// What pg_stat_activity shows.
  std::string application_name = "leat";
  Logger log{};
};

/// How far the incremental loads have come that a target knows. Each call opens a session of its own.
/// Thread-safety is that of CopyTable.
class LEAT_EXPORT WatermarkRegistry {
 public:
  explicit WatermarkRegistry(WatermarkRegistryOptions options);

  /// By name; none where no incremental load has ever run. @throws Error (target); Error (cancelled).
  [[nodiscard]] std::vector<Watermark> list(std::stop_token stop = {}) const;

  /// Sets a value, as the column's type is written: the next load of that name reads what lies above. A load
  /// that runs meanwhile fails. Whether it is a value of the column the next load finds out.
  /// @throws Error (config) for a name or value that cannot be one; Error (target); Error (cancelled).
  Watermark set(const std::string& name, const std::string& value, std::stop_token stop = {}) const;

  /// Removes it: the next load of that name reads everything, or what IncrementalOptions::initial says.
  /// Returns it as it was. @throws Error (config) where there is none; Error (target); Error (cancelled).
  Watermark reset(const std::string& name, std::stop_token stop = {}) const;

 private:
  WatermarkRegistryOptions options_;
};

/// One as a JSON object. What is not known is null.
[[nodiscard]] LEAT_EXPORT std::string to_json(const Watermark& watermark);
/// Several as one JSON object: {"watermarks": […]}.
[[nodiscard]] LEAT_EXPORT std::string to_json(const std::vector<Watermark>& watermarks);

}  // namespace leat
