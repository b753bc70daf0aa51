#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "leat/core/detail/export.hpp"
#include "leat/core/log.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/registry/transform_versions.hpp"

namespace leat {

/// Where transforms are kept, and how the session behaves.
struct TransformRegistryOptions {
  ResolvedConnection store{};
  /// For locks, statements and silence, as with a job.
  JobLimits limits{};
  /// What pg_stat_activity shows.
  std::string application_name = "leat";
  Logger log{};
};

/// Transforms that are kept in a database of PostgreSQL, in leat_meta.transforms, which the first add()
/// makes. The server itself refuses that a version changes. Each call opens a session of its own.
/// Thread-safe. Errors of the store are of the kind target.
class LEAT_EXPORT TransformRegistry final : public TransformVersions {
 public:
  explicit TransformRegistry(TransformRegistryOptions options);

  Registration add(const NewTransform& transform, std::stop_token stop = {}) override;
  [[nodiscard]] RegisteredTransform find(const TransformReference& reference,
                                         std::stop_token stop = {}) const override;
  [[nodiscard]] std::vector<TransformSummary> list(std::stop_token stop = {}) const override;

 private:
  TransformRegistryOptions options_;
};

}  // namespace leat
