#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/match/column_match.hpp"
#include "jobs/survey/survey.hpp"
#include "leat/data/store/write_mode.hpp"

namespace leat::jobs_detail {

/// What a job writes with besides its rows.
struct Writing {
  WriteMode mode = WriteMode::replace;
  std::vector<std::string> key{};        ///< as the user named it; empty for the primary key
  std::vector<UniqueKey> source_keys{};  ///< of the table that is read, where it is one
  bool rows_are_changed = false;         ///< by a row hook, so that nothing is known of them
  bool is_filtered = false;              ///< rows of the table that is read are left out
  /// The condition that tells which rows of the target may be lost; empty: all may.
  std::string may_lose{};
  std::string job{};            ///< whose slices are committed one by one
  bool collects = false;        ///< they are collected beside the table first
  ByteCount most_unrejected{};  ///< of rows that a writer may keep to send them again
};

/// The columns that tell which row of the target a row of the source is.
struct MergeKey {
  std::vector<KeyColumn> columns{};
  bool is_unique = true;          ///< in the target
  bool has_other_unique = false;  ///< the target has unique indexes over more than these columns
  bool may_repeat = true;         ///< in what is read
};

/// The key of a load; nullopt where there is none to use, which is then among the findings. Asks the server
/// of rows without a value in it.
[[nodiscard]] std::optional<MergeKey> resolve_key(Connection& session, const TableFacts& target,
                                                  const std::vector<SourceColumn>& source,
                                                  const ColumnMatch& columns, const Writing& writing,
                                                  std::vector<Finding>& findings,
                                                  const std::stop_token& stop);

/// Whether rows may be copied beside the old ones before these are deleted: no unique index or exclusion
/// constraint is in the way, and no old row can be taken for one of the load's transaction.
[[nodiscard]] bool may_copy_beside(Connection& session, const TableInfo& table, const std::stop_token& stop);

/// @throws Error (config) for a key that the mode does not use, or that names a column twice.
void validate_key(WriteMode mode, std::span<const std::string> key);

}  // namespace leat::jobs_detail
