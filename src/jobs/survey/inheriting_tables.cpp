#include "jobs/survey/inheriting_tables.hpp"

#include <algorithm>

#include "jobs/options/sql_text.hpp"
#include "jobs/report/target_finding.hpp"

namespace leat::jobs_detail {
namespace {

/// "a, b" of the tables, of very many the first ones.
std::string names_of_inheriting(const TableFacts& facts) {
  constexpr std::size_t most = 5;
  const auto& all = facts.inheriting;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(all.size(), most); ++i) names.push_back(all[i].name.display());
  return comma_list(names) + (all.size() > most ? " and " + std::to_string(all.size() - most) + " more" : "");
}

}  // namespace

void choose_rows(TableFacts& facts, Inheritance choice, const std::string& verb,
                 std::vector<Finding>& findings) {
  if (!facts.info || facts.inheriting.empty() || choice == Inheritance::only) return;
  TableInfo& table = *facts.info;
  const std::string name = table.name.display();
  if (choice == Inheritance::refuse) {
    findings.push_back({.code = "inheriting_tables",
                        .message = "other tables inherit from " + name +
                                   ", and their rows are rows of it, too: " + names_of_inheriting(facts),
                        .hint = "Inheritance::only " + verb + " the table's own rows, Inheritance::tree " +
                                verb + " the rows of all of them"});
    return;
  }
  table.with_inheriting = true;
  table.estimated_rows.reset();
  for (const auto& child : facts.inheriting) {
    table.size = ByteCount{table.size.count() + child.size.count()};
    if (child.more_columns.empty()) continue;
    findings.push_back({.severity = Severity::warning,
                        .code = "inheriting_columns",
                        .side = ErrorKind::source,
                        .message = child.name.display() + " has columns that " + name +
                                   " lacks, so that they are left out: " + child.more_columns});
  }
}

void check_inheriting_target(const TableFacts& target, Inheritance choice, bool reads_tree,
                             std::vector<Finding>& findings) {
  if (target.inheriting.empty() || choice == Inheritance::only) return;
  const std::string name = target.info->name.display();
  const std::string tables = names_of_inheriting(target);
  if (reads_tree) {
    findings.push_back(
        target_error("inheriting_target",
                     "rows of a whole tree would go into " + name +
                         ", from which tables of the target inherit, too, so that its readers would see "
                         "the rows of these besides: " +
                         tables,
                     "", "Inheritance::only copies a table's own rows; copy each of the tables so"));
    return;
  }
  findings.push_back(target_warning(
      "inheriting_target", "tables of the target inherit from " + name +
                               ": their rows stay as they are, and its readers see them, too: " + tables));
}

}  // namespace leat::jobs_detail
