#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/data/store/store_registry.hpp"
#include "leat/jobs/options/stream_options.hpp"
#include "leat/postgres/session/connection_factory.hpp"
#include "leat/transform/transform_class.hpp"

namespace leat {

/// How a process takes part in a job of another one.
struct JoinOptions {
  // Behaviour

  /// Where the job reads. Not set: what `connections` has under the name that the job's own process uses,
  /// which may be an id, or a place without its password.
  std::optional<ResolvedConnection> source{};
  ConnectionFactory connections{};
  /// Stores of other kinds that the job may read from.
  StoreRegistry stores{};
  /// Row hooks by the names that jobs have for them (CopyTableOptions::transform_name).
  std::map<std::string, Transform> hooks{};
  ProgressCallback on_progress{};

  // Performance

  /// Sessions of this process that read and write, as in CopyTableOptions. From 1 to 64. Zero: as many as the
  /// machine has cores, up to 8, and fewer where that suffices.
  std::size_t readers = 0;
  std::size_t writers = 0;
  /// As in CopyTableOptions.
  std::size_t transform_workers = 1;
  /// As in StreamOptions.
  ByteCount memory = ByteCount{32U << 20U};
};

}  // namespace leat
