#include "jobs/tables/made_tables.hpp"

#include <algorithm>
#include <map>

#include "jobs/options/lists.hpp"
#include "jobs/tables/foreign_keys.hpp"
#include "jobs/tables/partition_trees.hpp"

namespace leat::jobs_detail {
namespace {

constexpr const char* joined_later =
    "partitioned tables above the tables that were made, and foreign keys between them, ";

}  // namespace

bool makes_names_of_several_schemas(const TableSet& set, CreateTarget create) {
  if (create == CreateTarget::never) return false;
  std::map<std::string, std::string> from;  // by the target's schema
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (!set.target_oids[i].empty()) continue;
    const auto [known, is_first] = from.emplace(set.targets[i].schema, set.names[i].schema);
    if (!is_first && known->second != set.names[i].schema) return true;
  }
  return false;
}

std::vector<std::string> make_schemas(TablesWork& work, const std::stop_token& stop) {
  if (work.set.missing_schemas.empty() || work.set.target.server.read_only) return {};
  auto pair = work.sessions.lend(stop);
  std::vector<std::string> remarks;
  for (const auto& schema : work.set.missing_schemas) {
    try {
      static_cast<void>(pair->target->execute("CREATE SCHEMA " + quote_identifier(schema), {}, stop));
      remarks.push_back("schema " + display_identifier(schema) + " was made");
    } catch (const Error& error) {
      // The tables that need it tell why.
      if (!pair->target->is_open() || error.kind() == ErrorKind::cancelled) throw;
    }
  }
  pair->works = true;
  return remarks;
}

std::vector<std::string> join_made_tables(TablesWork& work, const std::stop_token& stop) {
  if (work.options.stream.create == CreateTarget::never) return {};
  const auto is_copied = work.board.copied();
  std::vector<bool> is_made;
  for (std::size_t i = 0; i < is_copied.size(); ++i)
    is_made.push_back(is_copied[i] && work.set.target_oids[i].empty());
  const bool makes = std::find(is_made.begin(), is_made.end(), true) != is_made.end();
  if (stop.stop_requested()) {
    if (!makes) return {};
    return {std::string(joined_later) + "are not made: the run was stopped"};
  }
  std::vector<std::string> remarks;
  try {
    auto pair = work.sessions.lend(stop);
    append_all(remarks, partitions_apart(work.options, work.set, is_copied, *pair, stop));
    if (!makes) {
      pair->works = true;
      return remarks;
    }
    const auto parents = make_parents(work.options, work.set, is_made, *pair, stop);
    append_all(remarks, parents.remarks);
    if (work.options.stream.create == CreateTarget::full) {
      append_all(remarks, make_foreign_keys(work.set, is_made, is_copied, parents.tables, *pair, stop));
    }
    pair->works = true;
  } catch (const Error& error) {
    remarks.push_back(std::string(joined_later) + "were not made: " + error.what());
  }
  return remarks;
}

}  // namespace leat::jobs_detail
