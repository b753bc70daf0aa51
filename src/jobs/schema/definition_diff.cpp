#include "jobs/schema/definition_diff.hpp"

#include <algorithm>
#include <utility>

#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/type_difference.hpp"
#include "jobs/schema/wanted_table.hpp"
#include "leat/postgres/catalog/detail/type_questions.hpp"

namespace leat::jobs_detail {
namespace {

std::string default_text(const ColumnDefinition& column) {
  return column.is_serial() ? "nextval of its own sequence" : column.default_value.value_or("");
}

std::string generated_text(const ColumnDefinition& column) {
  return column.generated ? expression_sql(column) : "";
}

std::string sequence_text(const ColumnDefinition& column) {
  if (!column.sequence) return {};
  const auto& sequence = *column.sequence;
  return sequence.type + " from " + std::to_string(sequence.start) + " by " + std::to_string(sequence.step) +
         " within " + std::to_string(sequence.least) + " to " + std::to_string(sequence.most) + ", cache " +
         std::to_string(sequence.cache) + (sequence.cycles ? ", cycle" : "");
}

/// Whether rows without a value for it are taken.
bool does_without(const ColumnDefinition& column) {
  return !column.not_null || column.default_value || column.generated || column.sequence ||
         column.identity != Identity::none;
}

std::string table_text(const TableDefinition& table) {
  std::vector<std::string> parts;
  if (!table.partition_key.empty()) parts.push_back("PARTITION BY " + table.partition_key);
  if (table.is_unlogged) parts.emplace_back("UNLOGGED");
  append_all(parts, table.parameters);
  if (!table.replica_identity.empty()) parts.push_back("REPLICA IDENTITY " + table.replica_identity);
  return comma_list(parts);
}

bool is_table(const TableDefinition& table) {
  return table.kind == RelationKind::table || table.kind == RelationKind::partitioned_table ||
         table.kind == RelationKind::foreign_table;
}

std::string index_text(const IndexDefinition& index) {
  return (index.is_unique ? "UNIQUE " : "") + index.definition;
}

/// What is set of an index beside its definition.
std::string statistics_text(const std::vector<ExpressionStatistics>& statistics) {
  return text_list(statistics, [](const auto& one) {
    return "expression " + std::to_string(one.column) + ": STATISTICS " + std::to_string(one.target);
  });
}
std::string settings_text(const ConstraintDefinition& constraint) {
  auto parts = constraint.parameters;
  if (!constraint.statistics.empty()) parts.push_back(statistics_text(constraint.statistics));
  return comma_list(parts);
}
std::string settings_text(const IndexDefinition& index) {
  return statistics_text(index.statistics);
}

/// Whether the two are compared with each other, though they are not the same: of one name or, as primary
/// keys, whatever they are called.
bool is_counterpart(const ConstraintDefinition& source, const ConstraintDefinition& target) {
  return target.kind == source.kind &&
         (target.name == source.name || source.kind == ConstraintKind::primary_key);
}
bool is_counterpart(const IndexDefinition& source, const IndexDefinition& target) {
  return target.name == source.name;
}

/// "STORAGE EXTERNAL, STATISTICS 500"; empty where nothing is said.
std::string storage_text(const ColumnDefinition& column) {
  std::vector<std::string> parts;
  if (!column.storage.empty()) parts.push_back("STORAGE " + column.storage);
  if (!column.compression.empty()) parts.push_back("COMPRESSION " + column.compression);
  if (column.statistics >= 0) parts.push_back("STATISTICS " + std::to_string(column.statistics));
  append_all(parts, column.options);
  return comma_list(parts);
}

constexpr const char* refuses_rows = "the target refuses rows that do not meet it";

/// What the server has printed of a constraint may name columns; those with other names are left alone.
class DefinitionComparison {
 public:
  DefinitionComparison(const DefinedTable& source, const DefinedTable& target, const ComparedColumns& columns,
                       bool named)
      : source_(source), target_(target), columns_(columns), named_(named) {}

  [[nodiscard]] std::vector<Difference> run() {
    for (const auto& column : source_.table.columns) compare_column(column);
    for (const auto& column : target_.table.columns) compare_target_column(column);
    compare_each(source_.table.constraints, target_.table.constraints);
    compare_each(source_.table.indexes, target_.table.indexes);
    // A view has none of these of its own.
    if (is_table(source_.table) && is_table(target_.table)) {
      add(DifferenceKind::table, source_.table.name.display(), table_text(source_.table),
          table_text(target_.table));
      add(DifferenceKind::comment, source_.table.name.display(), source_.table.comment,
          target_.table.comment);
    }
    compare_types();
    return std::move(differences_);
  }

 private:
  /// A note where there is no reason for more.
  void add(DifferenceKind kind, const std::string& object, const std::string& source,
           const std::string& target, const std::string& reason = {}, Severity severity = Severity::warning) {
    add_difference(differences_,
                   {kind, object, source, target, reason.empty() ? Severity::note : severity, reason});
  }

  void compare_column(const ColumnDefinition& source) {
    const auto name = columns_.find(source.name);
    if (name == columns_.end()) return;
    const std::string object = display_identifier(name->second);
    const ColumnDefinition* const target = target_.table.find(name->second);
    if (target == nullptr) {
      const std::string type = source.type.sql + (source.not_null ? " NOT NULL" : "");
      if (source.generated) {
        add(DifferenceKind::added, object, type + " " + generated_text(source), "");
      } else {
        add(DifferenceKind::added, object, type, "", "its values have no place", Severity::error);
      }
      return;
    }
    types_of_source_.push_back(source.type.element);
    types_of_target_.push_back(target->type.element);
    compare_type(object, source, *target);
    const bool is_stored = !target->generated && target_.info.kind != RelationKind::view;
    const bool is_copied = !source.generated || named_ || is_stored;
    const bool has_nulls = !source.not_null && target->not_null && is_copied;
    add(DifferenceKind::nullability, object, null_text(source.not_null), null_text(target->not_null),
        has_nulls ? "the target refuses rows with NULL" : "");
    add(DifferenceKind::collation, object, source.collation, target->collation);
    if (!source.generated && !target->generated) {
      add(DifferenceKind::default_value, object, default_text(source), default_text(*target));
    }
    compare_generated(object, source, *target, is_copied);
    add(DifferenceKind::identity, object, identity_kind(source), identity_kind(*target));
    if (source.sequence && target->sequence) {
      add(DifferenceKind::sequence, object, sequence_text(source), sequence_text(*target));
    }
    if (is_table(source_.table) && is_table(target_.table)) {
      add(DifferenceKind::storage, object, storage_text(source), storage_text(*target));
    }
    add(DifferenceKind::comment, object, source.comment, target->comment);
  }

  void compare_generated(const std::string& object, const ColumnDefinition& source,
                         const ColumnDefinition& target, bool is_copied) {
    const bool has_place = source.generated || !target.generated;
    std::string reason;
    if (!has_place) {
      reason = "the target computes it, so its values have no place";
    } else if (source.generated && !target.generated && !is_copied) {
      reason = "a load copies nothing into it unless its columns are named (.columns)";
      if (!does_without(target)) reason += ", and it is NOT NULL without a default";
    }
    add(DifferenceKind::generated, object, generated_text(source), generated_text(target), reason,
        has_place && does_without(target) ? Severity::warning : Severity::error);
  }

  void compare_type(const std::string& object, const ColumnDefinition& source,
                    const ColumnDefinition& target) {
    if (source.type.sql == target.type.sql) return;
    const TableColumn& from = *source_.info.find(source.name);
    const TableColumn& to = *target_.info.find(target.name);
    const TypeFit found = fit({from.type, from.typmod}, {to.type, to.typmod});
    if (found.passage == Passage::refused) {
      add(DifferenceKind::type, object, source.type.sql, target.type.sql,
          "the target's does not hold every value: it " + found.reason, Severity::error);
    } else {
      add(DifferenceKind::type, object, source.type.sql, target.type.sql, found.warning);
    }
  }

  void compare_target_column(const ColumnDefinition& target) {
    const bool compared = std::any_of(columns_.begin(), columns_.end(),
                                      [&target](const auto& pair) { return pair.second == target.name; });
    if (compared) return;
    const std::string object = display_identifier(target.name);
    const bool may_be_left_out = does_without(target);
    // A column that was left out on purpose is no difference, if the target can do without it.
    if (may_be_left_out && source_.table.find(target.name) != nullptr) return;
    add(DifferenceKind::removed, object, "", target.type.sql + (target.not_null ? " NOT NULL" : ""),
        may_be_left_out ? "" : "it is NOT NULL without a default, and the source gives no value for it",
        Severity::error);
  }

  /// Whether one of these columns was not to be compared.
  [[nodiscard]] bool is_left_out(const std::vector<std::string>& columns) const {
    return std::any_of(columns.begin(), columns.end(),
                       [this](const std::string& column) { return !columns_.contains(column); });
  }
  [[nodiscard]] std::vector<std::string> names_in_target(const std::vector<std::string>& columns) const {
    std::vector<std::string> names;
    for (const auto& column : columns) {
      const auto name = columns_.find(column);
      names.push_back(name == columns_.end() ? column : name->second);
    }
    return names;
  }
  /// Whether all of these are compared, under the same names.
  [[nodiscard]] bool concerns(const std::vector<std::string>& columns) const {
    return !is_left_out(columns) && names_in_target(columns) == columns;
  }

  /// Of keys by their columns, which may have other names; else by what the server prints.
  [[nodiscard]] bool is_same(const ConstraintDefinition& source, const ConstraintDefinition& target) const {
    if (source.kind != target.kind) return false;
    if (source.definition == target.definition && concerns(source.columns)) return true;
    const bool is_key = source.kind == ConstraintKind::primary_key || source.kind == ConstraintKind::unique;
    return is_key && !concerns(source.columns) && names_in_target(source.columns) == target.columns &&
           names_in_target(source.included) == target.included;
  }
  [[nodiscard]] bool is_same(const IndexDefinition& source, const IndexDefinition& target) const {
    return index_text(source) == index_text(target) && concerns(source.columns);
  }

  /// Compares all constraints or all indexes.
  template <class Definition>
  void compare_each(const std::vector<Definition>& sources, const std::vector<Definition>& targets) {
    std::vector<const Definition*> left;
    for (const auto& target : targets) left.push_back(&target);
    // Takes the first such one out of those that are left; null where none is.
    const auto take = [&left](const auto& is_meant) {
      const auto found = std::find_if(left.begin(), left.end(), is_meant);
      const Definition* const taken = found == left.end() ? nullptr : *found;
      if (taken != nullptr) left.erase(found);
      return taken;
    };
    for (const auto& source : sources) {
      const auto same = [&](const Definition* target) { return is_same(source, *target); };
      const auto* found = take([&](auto* target) { return same(target) && target->name == source.name; });
      if (found == nullptr) found = take(same);
      if (found != nullptr) {
        add(DifferenceKind::comment, display(source), source.comment, found->comment);
        add(DifferenceKind::storage, display(source), settings_text(source), settings_text(*found));
        if constexpr (requires { source.index_comment; }) {
          add(DifferenceKind::comment, "index of " + display(source), source.index_comment,
              found->index_comment);
        }
        continue;
      }
      if (is_left_out(source.columns)) continue;
      if constexpr (requires { source.included; }) {
        if (is_left_out(source.included)) continue;
      }
      add_pair(&source, take([&](auto* target) { return is_counterpart(source, *target); }));
    }
    for (const auto* const target : left) add_pair(nullptr, target);
  }

  void add_pair(const ConstraintDefinition* source, const ConstraintDefinition* target) {
    const auto& any = source != nullptr ? *source : *target;
    add(any.kind == ConstraintKind::primary_key ? DifferenceKind::primary_key : DifferenceKind::constraint,
        display(any), source == nullptr ? "" : source->definition,
        target == nullptr ? "" : target->definition, target == nullptr ? "" : refuses_rows);
  }
  void add_pair(const IndexDefinition* source, const IndexDefinition* target) {
    const bool refuses = target != nullptr && target->is_unique;
    add(DifferenceKind::index, display(source != nullptr ? *source : *target),
        source == nullptr ? "" : index_text(*source), target == nullptr ? "" : index_text(*target),
        refuses ? refuses_rows : "");
  }

  /// Types of one name that are not made of the same.
  void compare_types() {
    std::map<std::string, const TypeDefinition*> others;
    for (const Oid oid : postgres_detail::types_in_order(target_.types, types_of_target_)) {
      const TypeDefinition& type = target_.types.at(oid);
      others.emplace(type.name.sql(), &type);
    }
    for (const Oid oid : postgres_detail::types_in_order(source_.types, types_of_source_)) {
      const TypeDefinition& type = source_.types.at(oid);
      const auto other = others.find(type.name.sql());
      if (other == others.end()) continue;
      const std::string object = "type " + type.name.display();
      for (auto& difference : compare(type, *other->second)) {
        difference.object = object + ", " + difference.object;
        if (difference.severity != Severity::note) {
          difference.reason = "the target may refuse values of the source's";
        }
        differences_.push_back(std::move(difference));
      }
      add(DifferenceKind::comment, object, type.comment, other->second->comment);
    }
  }

  const DefinedTable& source_;
  const DefinedTable& target_;
  const ComparedColumns& columns_;
  const bool named_;
  std::vector<Oid> types_of_source_;
  std::vector<Oid> types_of_target_;
  std::vector<Difference> differences_;
};

}  // namespace

std::vector<Difference> compare(const DefinedTable& source, const DefinedTable& target,
                                const ComparedColumns& columns, bool named) {
  return DefinitionComparison(source, target, columns, named).run();
}

}  // namespace leat::jobs_detail
