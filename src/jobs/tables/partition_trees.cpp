#include "jobs/tables/partition_trees.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "jobs/load/sequences.hpp"
#include "jobs/load/target_sql.hpp"
#include "jobs/match/copy_columns.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/savepoint.hpp"
#include "jobs/schema/table_model.hpp"
#include "jobs/schema/type_maker.hpp"
#include "jobs/schema/wanted_table.hpp"
#include "jobs/tables/table_choices.hpp"
#include "leat/ledger/detail/join_record.hpp"
#include "leat/postgres/catalog/detail/relation_kind.hpp"
#include "leat/postgres/session/detail/array_parameter.hpp"
#include "leat/postgres/session/detail/qualified_names.hpp"

namespace leat::jobs_detail {
namespace {

// $1 oids: these, and the partitioned tables above them, the ones on top first.
constexpr const char* above_query = R"(
WITH RECURSIVE up AS (
  SELECT t.oid AS relid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS t(oid)
  UNION SELECT h.inhparent FROM up JOIN pg_catalog.pg_class c ON c.oid = up.relid AND c.relispartition
        JOIN pg_catalog.pg_inherits h ON h.inhrelid = up.relid)
SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid),
       COALESCE((SELECT h.inhparent FROM pg_catalog.pg_inherits h
                 WHERE h.inhrelid = c.oid AND c.relispartition), 0),
       COALESCE(pg_catalog.pg_get_expr(c.relpartbound, c.oid), '')
FROM up JOIN pg_catalog.pg_class c ON c.oid = up.relid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
ORDER BY CASE WHEN c.relispartition THEN (SELECT pg_catalog.count(*) FROM pg_catalog.pg_partition_ancestors(c.oid))
         ELSE 0 END, n.nspname, c.relname)";

// In this version and later ones identity is that of the partitioned table, and partitions have none of their
// own.
constexpr int first_version_with_inherited_identity = 170000;

/// A table that was copied, or one above such tables.
struct TreeNode {
  ListedTable source{};
  TableName target{};
  Oid above = 0;
  std::string bound{};
  bool is_copied = false;  ///< else it is above others
  bool is_new = false;     ///< this run has made it, or one that it goes on with
  bool is_usable = false;  ///< the target has it, as what it is to be
};

class ParentMaker {
 public:
  ParentMaker(const TablesWork& work, const JobSessions& pair, const std::stop_token& stop)
      : work_(work),
        options_(work.options),
        choices_(work.options),
        source_(*pair.source),
        target_(*pair.target),
        stop_(stop) {}

  [[nodiscard]] MadeParents make(const std::vector<bool>& is_made) {
    read(work_.set, is_made);
    if (std::none_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return !node.is_copied; })) {
      return std::move(made_);
    }
    target_.begin(target_transaction, stop_);
    for (auto& node : nodes_) {
      if (!node.is_copied) make_node(node);
    }
    // The deepest first, so that whatever is attached is whole.
    for (auto node = nodes_.rbegin(); node != nodes_.rend(); ++node) attach(*node);
    finish();
    std::vector<TableName> parents;
    for (const auto& [name, creation] : creations_) parents.push_back(name);
    if (work_.notes.is_kept && !parents.empty()) {
      static_cast<void>(behind_savepoint(
          target_, stop_, [&] { note_made(target_, parents, stop_); }, is_refusal));
    }
    target_.commit(stop_);
    tell_parents();
    return std::move(made_);
  }

 private:
  void remark(std::string text) { made_.remarks.push_back(std::move(text)); }

  void tell_parents() {
    std::vector<TableName> names;
    for (const auto& node : nodes_) names.push_back(node.target);
    const auto resumed = find_made(target_, names, {}, stop_);
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const TreeNode& node = nodes_[i];
      if (node.is_copied || !node.is_usable) continue;
      made_.tables.push_back({node.source, node.target, node.is_new || resumed[i]});
    }
  }

  void read(const TableSet& set, const std::vector<bool>& is_made) {
    std::vector<Oid> oids;
    std::map<Oid, std::size_t> positions;
    for (std::size_t i = 0; i < set.names.size(); ++i) {
      if (!is_made[i]) continue;
      oids.push_back(set.source.tables[i]->info->oid);
      positions.emplace(oids.back(), i);
    }
    if (oids.empty()) return;
    const std::array<Parameter, 1> wanted{postgres_detail::oid_array(oids)};
    postgres_detail::QualifiedNames names(source_, stop_);
    const Result found = source_.execute_long(above_query, wanted, stop_);
    names.restore(stop_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      TreeNode node{
          .source = {.name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
                     .oid = found.oid(i, 0),
                     .kind = postgres_detail::to_relation_kind(found.text(i, 3)),
                     .is_visible = found.boolean(i, 4)},
          .above = found.oid(i, 5),
          .bound = std::string(found.text(i, 6))};
      const auto position = positions.find(node.source.oid);
      node.is_copied = position != positions.end();
      node.is_new = node.is_copied;
      node.is_usable = node.is_copied;
      if (node.is_copied && node.above == 0) continue;
      node.target = node.is_copied ? set.targets[position->second] : choices_.target_of(node.source);
      nodes_.push_back(std::move(node));
    }
  }

  void make_node(TreeNode& node) {
    const std::array<Parameter, 2> name{node.target.schema, node.target.name};
    const Result found = target_.execute(
        "SELECT c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
        "c.relnamespace "
        "WHERE n.nspname = $1 AND c.relname = $2",
        name, stop_);
    if (!found.empty()) {
      node.is_usable = found.text(0, 0) == "p";
      if (!node.is_usable) {
        remark(node.target.display() +
               " is no partitioned table in the target, so that what are its partitions in the "
               "source are tables of their own");
      }
      return;
    }
    std::vector<Finding> findings;
    std::optional<TargetCreation> creation;
    const auto refused = behind_parent(node, findings, creation);
    if (refused || !creation) {
      const std::string why = refused ? refused->what() : findings.empty() ? "" : findings.back().message;
      remark("the partitioned table " + node.target.display() + " is not made: " + why);
      return;
    }
    for (const auto& text : creation->remarks) {
      if (!text.starts_with(foreign_keys_not_made)) remark(node.target.display() + ": " + text);
    }
    node.is_new = true;
    node.is_usable = true;
    creations_.emplace_back(node.target, std::move(*creation));
    remark("the partitioned table " + node.target.display() + " was made");
  }

  [[nodiscard]] std::optional<Error> behind_parent(const TreeNode& node, std::vector<Finding>& findings,
                                                   std::optional<TargetCreation>& creation) {
    const TableInfo info = TableManager(source_).describe(node.source.name, stop_);
    TableSelection selection{.from = node.source.name.sql(), .to = node.target.sql()};
    choices_.choose_columns_above(node.source, info, selection);
    auto model =
        table_model(source_, info, source_columns(source_, info, selection, stop_), selection, stop_);
    model.stays_partitioned = true;
    for (const auto& [name, made] : creations_) append_all(model.taken, made.own_names);
    try {
      creation = create_target(target_, node.target, model, options_.stream.create, findings, stop_);
    } catch (const Error& error) {
      if (!is_refusal(error) || target_.has_failed()) throw;
      return error;
    }
    return std::nullopt;
  }

  [[nodiscard]] const TreeNode* find(Oid oid) const {
    const auto found = std::find_if(nodes_.begin(), nodes_.end(),
                                    [oid](const auto& node) { return node.source.oid == oid; });
    return found == nodes_.end() ? nullptr : &*found;
  }

  void attach(const TreeNode& node) {
    const TreeNode* const above = find(node.above);
    if (above == nullptr || !above->is_usable || !node.is_usable || !node.is_new) return;
    if (is_partition(node.target)) return;
    drop_identity(node);
    const std::string sql =
        "ALTER TABLE " + above->target.sql() + " ATTACH PARTITION " + node.target.sql() + " " + node.bound;
    if (const auto refused = try_statement(target_, sql, stop_)) {
      remark(node.target.display() + " is not made a partition of " + above->target.display() + ": " +
             refused->what() + "; when that is settled: " + sql);
    }
  }

  /// Of tables that an earlier run has made some may be, and others not.
  [[nodiscard]] bool is_partition(const TableName& table) {
    const std::array<Parameter, 1> name{table.sql()};
    const Result found = target_.execute(
        "SELECT relispartition FROM pg_catalog.pg_class WHERE oid = $1::pg_catalog.regclass", name, stop_);
    return !found.empty() && found.boolean(0, 0);
  }

  void drop_identity(const TreeNode& node) {
    if (target_.server_version() < first_version_with_inherited_identity) return;
    const std::array<Parameter, 1> name{node.target.sql()};
    const Result found = target_.execute(
        "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = $1::pg_catalog.regclass AND "
        "attidentity <> '' "
        "AND NOT attisdropped",
        name, stop_);
    for (std::size_t i = 0; i < found.rows(); ++i) {
      const auto refused = try_statement(target_,
                                         "ALTER TABLE " + node.target.sql() + " ALTER COLUMN " +
                                             quote_identifier(found.text(i, 0)) + " DROP IDENTITY",
                                         stop_);
      if (refused) remark(node.target.display() + ": " + refused->what());
    }
  }

  /// Indexes and constraints, with those of the partitions beneath, and sequences behind the rows.
  void finish() {
    for (auto made = creations_.rbegin(); made != creations_.rend(); ++made) {
      auto& [target, creation] = *made;
      postgres_detail::QualifiedNames names(target_, stop_);
      for (const auto& sql : creation.after) {
        if (const auto refused = try_statement(target_, sql, stop_)) {
          remark("not made of " + target.display() + ": " + sql + ": " + refused->what());
        }
      }
      names.restore(stop_);
      const TableFacts facts = survey_table(target_, target, {}, stop_);
      if (!facts.info) continue;
      std::vector<std::string> columns;
      for (const auto& column : facts.info->columns) columns.push_back(column.name);
      advance_sequences(target_, facts, columns, made_.remarks, stop_);
    }
  }

  const TablesWork& work_;
  const CopyTablesOptions& options_;
  const TableChoices choices_;
  Connection& source_;
  Connection& target_;
  const std::stop_token& stop_;
  std::vector<TreeNode> nodes_;  // those on top first
  std::vector<std::pair<TableName, TargetCreation>> creations_;
  MadeParents made_;
};

}  // namespace

std::vector<std::string> partitions_apart(const CopyTablesOptions& options, const TableSet& set,
                                          const std::vector<bool>& is_copied,
                                          const std::vector<bool>& is_made, const JobSessions& pair,
                                          const std::stop_token& stop) {
  std::map<Oid, std::size_t> positions;
  std::vector<Oid> sources;
  std::vector<std::string> targets;
  for (std::size_t i = 0; i < set.names.size(); ++i) {
    if (!is_copied[i] || is_made[i] || set.target_oids[i].empty()) continue;
    sources.push_back(set.source.tables[i]->info->oid);
    positions.emplace(sources.back(), i);
    targets.push_back(set.targets[i].sql());
  }
  if (sources.empty()) return {};
  const std::array<Parameter, 1> there{postgres_detail::text_array(targets)};
  const Result attached = pair.target->execute(
      "SELECT t.name FROM pg_catalog.unnest($1::pg_catalog.text[]) AS t(name) "
      "JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(t.name) WHERE c.relispartition",
      there, stop);
  std::set<std::string> partitions;
  for (std::size_t i = 0; i < attached.rows(); ++i) partitions.emplace(attached.text(i, 0));
  const std::array<Parameter, 1> wanted{postgres_detail::oid_array(sources)};
  postgres_detail::QualifiedNames names(*pair.source, stop);
  const Result found = pair.source->execute_long(
      "SELECT c.oid, n.nspname, p.relname, p.oid, p.relkind, pg_catalog.pg_table_is_visible(p.oid), "
      "pg_catalog.pg_get_expr(c.relpartbound, c.oid) "
      "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_inherits h ON h.inhrelid = c.oid "
      "JOIN pg_catalog.pg_class p ON p.oid = h.inhparent "
      "JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace "
      "WHERE c.relispartition AND c.oid = ANY ($1::pg_catalog.oid[]) ORDER BY c.oid",
      wanted, stop);
  names.restore(stop);
  const TableChoices choices(options);
  std::vector<std::string> remarks;
  for (std::size_t i = 0; i < found.rows(); ++i) {
    const std::size_t at = positions.at(found.oid(i, 0));
    if (partitions.contains(set.targets[at].sql())) continue;
    const ListedTable parent{
        .name = {.schema = std::string(found.text(i, 1)), .name = std::string(found.text(i, 2))},
        .oid = found.oid(i, 3),
        .kind = postgres_detail::to_relation_kind(found.text(i, 4)),
        .is_visible = found.boolean(i, 5)};
    remarks.push_back(set.targets[at].display() +
                      " was there before, and is a table of its own; in the source it is a partition of " +
                      parent.name.display() + ". If it is to be one: ALTER TABLE " +
                      choices.target_of(parent).sql() + " ATTACH PARTITION " + set.targets[at].sql() + " " +
                      std::string(found.text(i, 6)));
  }
  return remarks;
}

MadeParents make_parents(const TablesWork& work, const std::vector<bool>& is_made, const JobSessions& pair,
                         const std::stop_token& stop) {
  return ParentMaker(work, pair, stop).make(is_made);
}

}  // namespace leat::jobs_detail
