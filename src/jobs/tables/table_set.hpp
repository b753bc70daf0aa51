#pragma once

#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/survey/survey.hpp"
#include "jobs/tables/table_groups.hpp"
#include "leat/jobs/options/copy_tables_options.hpp"
#include "leat/jobs/options/table_selection.hpp"
#include "leat/postgres/catalog/table_list.hpp"

namespace leat::jobs_detail {

/// A server, and what was found of many tables there; nullopt where a table's own job has to look.
struct TablesFacts {
  ServerFacts server{};
  std::vector<std::optional<TableFacts>> tables{};
};

/// The tables of a run as both servers have them, by their positions in `names`.
struct TableSet {
  std::vector<TableName> names;            ///< in the source
  std::vector<TableName> targets;          ///< in the target
  std::vector<TableSelection> selections;  ///< what is read of each, and where it arrives
  TablesFacts source;
  TablesFacts target;
  /// Of each table its own and those of the partitions below it; none for a table that the target lacks.
  std::vector<std::vector<Oid>> target_oids;
  /// Schemas that the target lacks, and tables or types that are to be made need.
  std::set<std::string> missing_schemas;
  std::vector<std::string> remarks;
  std::string left_out;                ///< of the source, where tables are made; see left_out_text()
  std::vector<TableGroup> groups;      ///< the largest first
  std::shared_ptr<Connection> leader;  ///< holds the tables on the source, and has done nothing else since
  std::string snapshot;                ///< of the leader
  std::shared_ptr<Connection> target_session;  ///< outside of any transaction

  [[nodiscard]] std::vector<Oid> target_oids_of(const TableGroup& group) const;
};

/// Lists the tables, locks them on the source, takes the snapshot, and looks at all of them on both sides, by
/// as many statements as for one. Tables that the options have made or extended are a group where they need
/// each other for it.
[[nodiscard]] TableSet survey_set(const CopyTablesOptions& options, const std::stop_token& stop);

/// @throws Error (config) that quotes the wrong one.
[[nodiscard]] std::vector<TablePattern> parse_patterns(const std::vector<std::string>& texts);

}  // namespace leat::jobs_detail
