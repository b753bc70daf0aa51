#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/prepare/prepared_load.hpp"
#include "leat/data/store/write_mode.hpp"
#include "leat/jobs/options/incremental.hpp"

namespace leat::jobs_detail {

/// What an incremental load reads, and how it loads.
struct IncrementalLoad {
  const IncrementalOptions& options;
  const ResolvedConnection& target;
  const StreamOptions& stream;
  WriteMode mode = WriteMode::upsert;
  std::string job{};  ///< whose plan may have bounds that it began with; "" for none
  bool plans_only = false;
  /// The column, of which the source has no other name.
  const TableColumn& column;
  /// A SELECT of one expression over the rows that meet a condition, in the source.
  std::function<std::string(const std::string& item, const std::string& condition)> select;
  std::vector<Parameter> parameters{};  ///< of that SELECT
};

/// Finds out which rows are new, in the snapshot of the source's session, and puts that into `stream`, with a
/// remark. What keeps the load from running gets among the findings. Where the job of that name has bounds
/// already, it keeps them.
void prepare_incremental(PreparedLoad& stream, const IncrementalLoad& load, const std::stop_token& stop);

/// @throws Error (config) that tells the nearest name. The column of that name otherwise.
[[nodiscard]] const TableColumn& incremental_column(const IncrementalOptions& options,
                                                    const std::vector<TableColumn>& columns,
                                                    const std::string& of);

/// Puts the watermark where the load has come to, in the open transaction with the target, of so many rows.
/// @throws Error (target, 55000) if somebody else has moved it.
void commit_watermark(PreparedLoad& stream, std::uint64_t rows, const std::stop_token& stop);

}  // namespace leat::jobs_detail
