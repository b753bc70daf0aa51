#include "jobs/tables/inheriting_choice.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>

#include "leat/core/error.hpp"
#include "leat/postgres/catalog/detail/partition_trees.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"

namespace leat::jobs_detail {
namespace {

/// A table that inherits from one of those that are copied, or from such a one.
struct Heir {
  TableName name;
  bool is_visible = false;
  std::set<Oid> roots{};  ///< those that are copied
};

// $1 the tables' oids.
std::string heir_query() {
  return std::string(postgres_detail::with_inheritance_trees) + R"(
SELECT tree.root, c.oid, n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid)
FROM tree
JOIN pg_catalog.pg_class root ON root.oid = tree.root AND root.relkind IN ('r', 'f')
JOIN pg_catalog.pg_class c ON c.oid = tree.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE tree.relid <> tree.root)";
}

std::map<Oid, Heir> read_heirs(Connection& source, std::span<const ListedTable> tables,
                               const std::stop_token& stop) {
  std::vector<Oid> oids;
  for (const auto& table : tables) oids.push_back(table.oid);
  const std::array<Parameter, 1> wanted{postgres_detail::oid_array(oids)};
  const Result found = source.execute(heir_query(), wanted, stop);
  std::map<Oid, Heir> heirs;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    Heir& heir = heirs[found.oid(i, 1)];
    heir.name = {.schema = std::string(found.text(i, 2)), .name = std::string(found.text(i, 3))};
    heir.is_visible = found.boolean(i, 4);
    heir.roots.insert(found.oid(i, 0));
  }
  return heirs;
}

void check_heir(const Heir& heir, const std::map<Oid, Heir>& heirs, std::span<const ListedTable> tables,
                std::span<const TablePattern> exclude) {
  std::vector<std::string> tops;
  for (const auto& table : tables) {
    if (heir.roots.contains(table.oid) && !heirs.contains(table.oid)) tops.push_back(table.name.display());
  }
  const std::string name = heir.name.display();
  if (tops.size() > 1) {
    throw Error(ErrorKind::config,
                name + " inherits from " + tops[0] + " and from " + tops[1] +
                    ", so that its rows would be copied twice, with the tree of each",
                {.hint = "exclude all of these tables but one, or copy each table's own rows "
                         "(Inheritance::only)"});
  }
  for (const auto& pattern : exclude) {
    if (!pattern.matches(heir.name.schema, heir.name.name, heir.is_visible)) continue;
    throw Error(ErrorKind::config,
                "the pattern " + pattern.text() + " excludes " + name + ", which inherits from " +
                    tops.front() + ", whose whole tree is copied",
                {.hint = "copy each table's own rows (Inheritance::only), or do not exclude it"});
  }
}

}  // namespace

std::vector<Inheritance> choose_inheritance(Connection& source, std::vector<ListedTable>& tables,
                                            std::span<const TablePattern> exclude, Inheritance choice,
                                            const std::stop_token& stop) {
  std::vector<Inheritance> choices(tables.size(), choice);
  if (choice == Inheritance::only || tables.empty()) return choices;
  const auto heirs = read_heirs(source, tables, stop);
  if (choice == Inheritance::tree) {
    for (const auto& [oid, heir] : heirs) check_heir(heir, heirs, tables, exclude);
    std::erase_if(tables, [&heirs](const ListedTable& table) { return heirs.contains(table.oid); });
    choices.resize(tables.size());
    return choices;
  }
  std::set<Oid> chosen;
  for (const auto& table : tables) chosen.insert(table.oid);
  std::set<Oid> incomplete;
  for (const auto& [oid, heir] : heirs) {
    if (!chosen.contains(oid)) incomplete.insert(heir.roots.begin(), heir.roots.end());
  }
  std::set<Oid> inherited;
  for (const auto& [oid, heir] : heirs) inherited.insert(heir.roots.begin(), heir.roots.end());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const Oid oid = tables[i].oid;
    if (inherited.contains(oid) && !incomplete.contains(oid)) choices[i] = Inheritance::only;
  }
  return choices;
}

}  // namespace leat::jobs_detail
