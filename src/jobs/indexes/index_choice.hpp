#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "leat/core/bytes.hpp"
#include "leat/jobs/options/stream_options.hpp"

namespace leat::jobs_detail {

/// What a load does to the rows that are there.
enum class OldRows {
  truncated,  ///< nobody reads the table until the commit
  deleted,
  kept,
};

/// What the choice between keeping and rebuilding rests on.
struct IndexChoiceFacts {
  Indexes asked = Indexes::keep;
  OldRows old_rows = OldRows::kept;
  std::size_t droppable = 0;            ///< secondary indexes and constraints that can be dropped
  bool has_rows = false;                ///< before the load
  std::optional<ByteCount> incoming{};  ///< as the source stores it; nullopt where that is not known
};

struct IndexChoice {
  bool rebuilds = false;
  std::string reason{};
};

/// Loads of less gain nothing from indexes that are built afterwards.
inline constexpr ByteCount least_to_rebuild{16U << 20U};

/// Whether indexes are dropped for the load and built again after it.
[[nodiscard]] IndexChoice choose_indexes(const IndexChoiceFacts& facts);

}  // namespace leat::jobs_detail
