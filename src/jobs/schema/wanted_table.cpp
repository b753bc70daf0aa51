#include "jobs/schema/wanted_table.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"

namespace leat::jobs_detail {
namespace {

/// What the server prints of a key, under other names of its columns; empty where that is not known.
std::string renamed_key(const ConstraintDefinition& key, const std::map<std::string, std::string>& names) {
  const auto list = [&names](const std::vector<std::string>& columns) {
    return " (" + text_list(columns, [&](const auto& name) { return quote_identifier(names.at(name)); }) +
           ")";
  };
  const std::string_view as_it_was = key.definition;
  const bool primary = key.kind == ConstraintKind::primary_key;
  if (!primary && key.kind != ConstraintKind::unique) return {};
  std::string sql = primary ? "PRIMARY KEY" : "UNIQUE";
  if (as_it_was.starts_with("UNIQUE NULLS NOT DISTINCT (")) sql += " NULLS NOT DISTINCT";
  sql += list(key.columns);
  if (!key.included.empty()) sql += " INCLUDE" + list(key.included);
  if (as_it_was.ends_with(" INITIALLY DEFERRED")) return sql + " DEFERRABLE INITIALLY DEFERRED";
  if (as_it_was.ends_with(" DEFERRABLE")) return sql + " DEFERRABLE";
  return as_it_was.ends_with(")") && !as_it_was.ends_with(" WITHOUT OVERLAPS)") ? sql : std::string();
}

class Narrower {
 public:
  Narrower(const TableDefinition& source, std::span<const LoadedColumn> loaded,
           std::span<const std::string> excluded, CreateTarget level, bool stays_partitioned)
      : source_(source),
        loaded_(loaded),
        excluded_(excluded),
        is_full_(level == CreateTarget::full),
        stays_partitioned_(stays_partitioned) {
    for (const auto& column : loaded) {
      if (column.source) names_.emplace(*column.source, column.target);
    }
  }

  [[nodiscard]] WantedTable narrow() {
    auto& table = wanted_.table;
    table.name = source_.name;
    table.is_unlogged = source_.is_unlogged;
    add_columns();
    if (!is_full_) strip_columns();
    for (const auto& constraint : source_.constraints) {
      if (!is_full_ && constraint.kind != ConstraintKind::primary_key) {
        not_made_.push_back(display(constraint));
        continue;
      }
      auto columns = constraint.columns;
      append_all(columns, constraint.included);
      add(constraint, columns, table.constraints, [&] { return renamed_key(constraint, names_); });
    }
    for (const auto& index : source_.indexes) {
      if (is_full_) {
        add(index, index.columns, table.indexes, [] { return std::string(); });
      } else {
        not_made_.push_back(display(index));
      }
    }
    if (is_full_) {
      table.parameters = source_.parameters;
      table.comment = source_.comment;
      for (const auto& statistics : source_.statistics) {
        add(statistics, statistics.columns, table.statistics, [] { return std::string(); });
      }
      add_replica_identity();
    } else {
      for (auto& constraint : table.constraints) {
        constraint.comment.clear();
        constraint.index_comment.clear();
        if (!constraint.parameters.empty())
          not_made_.push_back("storage parameters of " + display(constraint));
        constraint.parameters.clear();
        constraint.statistics.clear();
        constraint.is_clustered = false;
        constraint.is_replica_identity = false;
      }
      for (const auto& statistics : source_.statistics) not_made_.push_back(display(statistics));
    }
    if (!not_made_.empty())
      remark("made without " + comma_list(not_made_) + ", which CreateTarget::full makes");
    if (stays_partitioned_) {
      table.partition_key = source_.partition_key;
    } else if (source_.kind == RelationKind::partitioned_table) {
      remark("the source's table is partitioned (" + source_.partition_key +
             "), and the target's an ordinary one that holds all rows");
    }
    if (!source_.foreign_keys.empty()) remark(foreign_keys_not_made + source_.foreign_keys);
    if (!source_.others.empty())
      remark("not made of what the source's table has: " + comma_list(source_.others));
    return std::move(wanted_);
  }

 private:
  void add_replica_identity() {
    auto& table = wanted_.table;
    if (!source_.replica_identity.starts_with("USING INDEX ")) {
      table.replica_identity = source_.replica_identity;
      return;
    }
    const auto is_marked = [](const auto& index) { return index.is_replica_identity; };
    if (std::none_of(table.constraints.begin(), table.constraints.end(), is_marked) &&
        std::none_of(table.indexes.begin(), table.indexes.end(), is_marked)) {
      remark("the replica identity is not made: " + source_.replica_identity);
    }
  }

  void remark(const std::string& text) { wanted_.remarks.push_back(text); }

  void add_columns() {
    auto& columns = wanted_.table.columns;
    for (const auto& column : source_.columns) {
      if (const auto* const loaded = find_by(loaded_, &LoadedColumn::source, column.name)) {
        columns.push_back(column);
        columns.back().name = loaded->target;
        // Its values come from the source.
        columns.back().generated.reset();
        columns.back().is_virtual = false;
      } else if (const auto* const expression = find_by(loaded_, &LoadedColumn::target, column.name);
                 expression != nullptr && !expression->source) {
        columns.push_back({.name = expression->target, .type = expression->type});
      } else if (column.generated) {
        add_generated(column);
      }
    }
    for (const auto& column : loaded_) {
      if (column.source || wanted_.table.find(column.target) != nullptr) continue;
      columns.push_back({.name = column.target, .type = column.type, .not_null = column.not_null});
    }
  }
  void add_generated(const ColumnDefinition& column) {
    if (contains(excluded_, column.name)) return;
    for (const auto& input : column.inputs) {
      const auto name = names_.find(input);
      if (name != names_.end() && name->second == input) continue;
      remark("generated column " + display_identifier(column.name) + " is not made: column " +
             display_identifier(input) +
             (name == names_.end() ? " is not copied" : " has another name in the target"));
      return;
    }
    if (find_by(loaded_, &LoadedColumn::target, column.name) != nullptr) return;
    wanted_.table.columns.push_back(column);
  }
  void strip_columns() {
    for (auto& column : wanted_.table.columns) {
      column.comment.clear();
      if (!column.storage.empty() || !column.compression.empty() || column.statistics >= 0 ||
          !column.options.empty()) {
        not_made_.push_back("storage settings of " + display_identifier(column.name));
      }
      column.storage.clear();
      column.compression.clear();
      column.statistics = -1;
      column.options.clear();
      if (column.identity != Identity::none)
        not_made_.push_back("identity of " + display_identifier(column.name));
      if (column.is_serial()) {
        not_made_.push_back("sequence of " + display_identifier(column.name));
        column.default_value.reset();
      }
      column.identity = Identity::none;
      column.sequence.reset();
    }
  }

  /// Adds a constraint or an index, if all its columns are there. `renamed` gives its SQL where some of them
  /// have other names, or an empty text.
  template <class Definition, class Renamed>
  void add(Definition own, const std::vector<std::string>& columns, std::vector<Definition>& made,
           const Renamed& renamed) {
    bool is_renamed = false;
    for (const auto& column : columns) {
      const auto name = names_.find(column);
      if (name != names_.end()) {
        is_renamed = is_renamed || name->second != column;
        continue;
      }
      const auto* const there = wanted_.table.find(column);
      if (there != nullptr && there->generated) continue;
      remark(display(own) + " is not made: column " + display_identifier(column) + " is not copied");
      return;
    }
    if (is_renamed) own.definition = renamed();
    if (own.definition.empty()) {
      remark(display(own) + " is not made: a column that it uses has another name in the target");
    } else {
      made.push_back(std::move(own));
    }
  }

  const TableDefinition& source_;
  const std::span<const LoadedColumn> loaded_;
  const std::span<const std::string> excluded_;
  const bool is_full_;
  const bool stays_partitioned_;
  std::map<std::string, std::string> names_;  // the target's, by the source's
  WantedTable wanted_;
  std::vector<std::string> not_made_;
};

}  // namespace

WantedTable wanted_table(const TableDefinition& source, std::span<const LoadedColumn> loaded,
                         std::span<const std::string> excluded, CreateTarget level, bool stays_partitioned) {
  return Narrower(source, loaded, excluded, level, stays_partitioned).narrow();
}

std::string display(const ConstraintDefinition& constraint) {
  return std::string(to_string(constraint.kind)) + " " + display_identifier(constraint.name);
}

std::string display(const StatisticsDefinition& statistics) {
  return "statistics object " + display_identifier(statistics.name);
}

std::string display(const IndexDefinition& index) {
  return "index " + display_identifier(index.name);
}

}  // namespace leat::jobs_detail
