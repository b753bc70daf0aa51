#include "jobs/schema/definition_diff.hpp"

#include <algorithm>
#include <utility>

#include "jobs/match/type_fit.hpp"
#include "jobs/options/lists.hpp"
#include "jobs/options/sql_text.hpp"
#include "jobs/schema/create_sql.hpp"
#include "jobs/schema/type_difference.hpp"
#include "jobs/schema/wanted_table.hpp"

namespace leat::jobs_detail {
namespace {

std::string default_text(const ColumnDefinition& column) {
  if (column.is_serial()) return "nextval of its own sequence";
  return column.default_value.value_or("");
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

/// What the server has printed of a constraint may name columns; those with other names are left alone.
class DefinitionComparison {
 public:
  DefinitionComparison(const DefinedTable& source, const DefinedTable& target, const ComparedColumns& columns,
                       bool named)
      : source_(source), target_(target), columns_(columns), named_(named) {}

  [[nodiscard]] std::vector<Difference> run() {
    for (const auto& column : source_.table.columns) compare_column(column);
    for (const auto& column : target_.table.columns) compare_target_column(column);
    compare_constraints();
    compare_indexes();
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
  /// Nothing where both sides are the same.
  void add(DifferenceKind kind, const std::string& object, const std::string& source,
           const std::string& target, Severity severity = Severity::note, const std::string& reason = {}) {
    if (source == target) return;
    differences_.push_back({.kind = kind,
                            .object = object,
                            .source = source,
                            .target = target,
                            .severity = severity,
                            .reason = reason});
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
        add(DifferenceKind::added, object, type, "", Severity::error, "its values have no place");
      }
      return;
    }
    types_of_source_.push_back(source.type.element);
    types_of_target_.push_back(target->type.element);
    compare_type(object, source, *target);
    const bool is_copied = !source.generated || named_;
    const bool has_nulls = !source.not_null && target->not_null && is_copied;
    add(DifferenceKind::nullability, object, null_text(source.not_null), null_text(target->not_null),
        has_nulls ? Severity::warning : Severity::note, has_nulls ? "the target refuses rows with NULL" : "");
    add(DifferenceKind::collation, object, source.collation, target->collation);
    if (!source.generated && !target->generated) {
      add(DifferenceKind::default_value, object, default_text(source), default_text(*target));
    }
    compare_generated(object, source, *target, is_copied);
    add(DifferenceKind::identity, object, identity_kind(source), identity_kind(*target));
    if (source.sequence && target->sequence) {
      add(DifferenceKind::sequence, object, sequence_text(source), sequence_text(*target));
    }
    add(DifferenceKind::comment, object, source.comment, target->comment);
  }

  void compare_generated(const std::string& object, const ColumnDefinition& source,
                         const ColumnDefinition& target, bool is_copied) {
    Severity severity = Severity::note;
    std::string reason;
    if (target.generated && !source.generated) {
      severity = Severity::error;
      reason = "the target computes it, so its values have no place";
    } else if (source.generated && !target.generated && !is_copied) {
      severity = does_without(target) ? Severity::warning : Severity::error;
      reason = does_without(target)
                   ? "a load copies nothing into it unless its columns are named (--columns)"
                   : "a load copies nothing into it unless its columns are named (--columns), "
                     "and it is NOT NULL without a default";
    }
    add(DifferenceKind::generated, object, generated_text(source), generated_text(target), severity, reason);
  }

  void compare_type(const std::string& object, const ColumnDefinition& source,
                    const ColumnDefinition& target) {
    if (source.type.sql == target.type.sql) return;
    const TableColumn* const from = source_.info.find(source.name);
    const TableColumn* const to = target_.info.find(target.name);
    if (from == nullptr || to == nullptr) return;
    const TypeFit found = fit({from->type, from->typmod}, {to->type, to->typmod});
    if (found.passage == Passage::refused) {
      add(DifferenceKind::type, object, source.type.sql, target.type.sql, Severity::error,
          "the target's does not hold every value: it " + found.reason);
    } else {
      add(DifferenceKind::type, object, source.type.sql, target.type.sql,
          found.warning.empty() ? Severity::note : Severity::warning, found.warning);
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
        may_be_left_out ? Severity::note : Severity::error,
        may_be_left_out ? "" : "it is NOT NULL without a default, and the source gives no value for it");
  }

  /// Whether all of these are compared, under the same names.
  [[nodiscard]] bool concerns(const std::vector<std::string>& columns) const {
    return std::all_of(columns.begin(), columns.end(), [this](const std::string& column) {
      const auto name = columns_.find(column);
      return name != columns_.end() && name->second == column;
    });
  }
  [[nodiscard]] std::vector<std::string> names_in_target(const std::vector<std::string>& columns) const {
    std::vector<std::string> names;
    for (const auto& column : columns) {
      const auto name = columns_.find(column);
      names.push_back(name == columns_.end() ? column : name->second);
    }
    return names;
  }
  /// Of keys by their columns, which may have other names; else by what the server prints.
  [[nodiscard]] bool is_same(const ConstraintDefinition& source, const ConstraintDefinition& target) const {
    if (source.kind != target.kind) return false;
    if (source.definition == target.definition && concerns(source.columns)) return true;
    const bool is_key = source.kind == ConstraintKind::primary_key || source.kind == ConstraintKind::unique;
    return is_key && !concerns(source.columns) && names_in_target(source.columns) == target.columns &&
           names_in_target(source.included) == target.included;
  }

  /// Takes one that is the same out of those that are left, the one of that name where there is one. Null
  /// where none is.
  template <class Definition, class Same>
  static const Definition* take_same(std::vector<const Definition*>& left, const std::string& name,
                                     const Same& same) {
    auto found = std::find_if(left.begin(), left.end(),
                              [&](const Definition* target) { return same(target) && target->name == name; });
    if (found == left.end()) found = std::find_if(left.begin(), left.end(), same);
    if (found == left.end()) return nullptr;
    const Definition* const taken = *found;
    left.erase(found);
    return taken;
  }

  void compare_constraints() {
    std::vector<const ConstraintDefinition*> left;
    for (const auto& constraint : target_.table.constraints) left.push_back(&constraint);
    for (const auto& source : source_.table.constraints) {
      const auto same = [&](const ConstraintDefinition* target) { return is_same(source, *target); };
      if (const auto* const found = take_same(left, source.name, same)) {
        add(DifferenceKind::comment, display(source), source.comment, found->comment);
        continue;
      }
      if (is_left_out(source.columns) || is_left_out(source.included)) continue;
      // One of the same name or, of a primary key, the other one is what it is to be compared with.
      const auto other = std::find_if(left.begin(), left.end(), [&](const ConstraintDefinition* target) {
        return target->kind == source.kind &&
               (target->name == source.name || source.kind == ConstraintKind::primary_key);
      });
      add_constraint(display(source), &source, other == left.end() ? nullptr : *other);
      if (other != left.end()) left.erase(other);
    }
    for (const auto* const target : left) add_constraint(display(*target), nullptr, target);
  }
  void add_constraint(const std::string& object, const ConstraintDefinition* source,
                      const ConstraintDefinition* target) {
    const auto kind = (source != nullptr ? source : target)->kind;
    add(kind == ConstraintKind::primary_key ? DifferenceKind::primary_key : DifferenceKind::constraint,
        object, source == nullptr ? "" : source->definition, target == nullptr ? "" : target->definition,
        target == nullptr ? Severity::note : Severity::warning,
        target == nullptr ? "" : "the target refuses rows that do not meet it");
  }

  void compare_indexes() {
    std::vector<const IndexDefinition*> left;
    for (const auto& index : target_.table.indexes) left.push_back(&index);
    for (const auto& source : source_.table.indexes) {
      const auto same = [&](const IndexDefinition* target) {
        return index_text(*target) == index_text(source) && concerns(source.columns);
      };
      if (const auto* const found = take_same(left, source.name, same)) {
        add(DifferenceKind::comment, display(source), source.comment, found->comment);
        continue;
      }
      if (is_left_out(source.columns)) continue;
      const auto other = std::find_if(left.begin(), left.end(), [&](const IndexDefinition* target) {
        return target->name == source.name;
      });
      add_index(display(source), &source, other == left.end() ? nullptr : *other);
      if (other != left.end()) left.erase(other);
    }
    for (const auto* const target : left) add_index(display(*target), nullptr, target);
  }
  void add_index(const std::string& object, const IndexDefinition* source, const IndexDefinition* target) {
    const bool refuses = target != nullptr && target->is_unique;
    add(DifferenceKind::index, object, source == nullptr ? "" : index_text(*source),
        target == nullptr ? "" : index_text(*target), refuses ? Severity::warning : Severity::note,
        refuses ? "the target refuses rows that do not meet it" : "");
  }
  /// Whether one of these columns was not to be compared.
  [[nodiscard]] bool is_left_out(const std::vector<std::string>& columns) const {
    return std::any_of(columns.begin(), columns.end(),
                       [this](const std::string& column) { return !columns_.contains(column); });
  }

  /// Types of one name that are not made of the same.
  void compare_types() {
    std::map<std::string, const TypeDefinition*> others;
    for (const Oid oid : in_order(target_.types, types_of_target_)) {
      const TypeDefinition& type = target_.types.at(oid);
      others.emplace(type.name.sql(), &type);
    }
    for (const Oid oid : in_order(source_.types, types_of_source_)) {
      const TypeDefinition& type = source_.types.at(oid);
      const auto other = others.find(type.name.sql());
      if (other == others.end()) continue;
      const std::string object = "type " + type.name.display();
      for (const auto& difference : compare(type, *other->second)) {
        add(DifferenceKind::type_definition, object + ", " + difference.what, difference.source,
            difference.target, difference.severity,
            difference.severity == Severity::note ? "" : "the target may refuse values of the source's");
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
