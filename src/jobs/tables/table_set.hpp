#pragma once

#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "jobs/survey/survey.hpp"
#include "jobs/tables/session_pairs.hpp"
#include "jobs/tables/table_groups.hpp"
#include "leat/postgres/catalog/table_list.hpp"

namespace leat::jobs_detail {

/// The tables of a run as both servers have them, by their positions in `tables`.
struct TableSet {
  std::vector<ListedTable> tables;
  /// What was found; nullopt where the table's own job has to look.
  std::vector<std::optional<TableFacts>> source;
  std::vector<std::optional<TableFacts>> target;
  /// Of each table its own and those of the partitions below it; none for a table that the target lacks.
  std::vector<std::vector<Oid>> target_oids;
  std::vector<ByteCount> sizes;  ///< in the source, with TOAST
  ServerFacts source_server;
  ServerFacts target_server;
  std::vector<std::string> remarks;
  std::vector<TableGroup> groups;  ///< the largest first

  [[nodiscard]] ByteCount size(const TableGroup& group) const;
  /// Whether replace empties this group's tables by DELETE, since keys from outside reference some.
  [[nodiscard]] bool empties_by_delete(const TableGroup& group) const;
  [[nodiscard]] std::vector<Oid> target_oids_of(const TableGroup& group) const;
  /// What a table's job is given.
  [[nodiscard]] JobContext context(const TableGroup& group, std::size_t table, JobSessions sessions,
                                   bool plans_only) const;
};

/// Lists the tables, locks them on the source, takes the snapshot, and looks at all of them on both sides, by
/// as many statements as for one. Tables that the options have made or extended are a group where they need
/// each other for it.
[[nodiscard]] TableSet survey_set(SessionPairs& sessions, std::span<const TablePattern> include,
                                  std::span<const TablePattern> exclude, const StreamOptions& options,
                                  const std::stop_token& stop);

}  // namespace leat::jobs_detail
