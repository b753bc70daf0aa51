#include "jobs/schema/type_difference.hpp"

#include <algorithm>

#include "jobs/options/lists.hpp"
#include "jobs/schema/create_sql.hpp"

namespace leat::jobs_detail {
namespace {

std::string range_text(const TypeDefinition& type) {
  std::string text = "over " + type.base.sql;
  if (!type.operator_class.empty()) text += " by " + type.operator_class;
  text += collate(type.collation);
  if (!type.difference.empty()) text += " with " + type.difference;
  return text;
}

std::string base_text(const TypeDefinition& type) {
  return type.base.sql + collate(type.collation);
}

/// Nothing where both sides are the same.
void add_difference(std::vector<TypeDifference>& differences, std::string what, std::string source,
                    std::string target, Severity severity) {
  if (source == target) return;
  differences.push_back({std::move(what), std::move(source), std::move(target), severity});
}

void compare_checks(const TypeDefinition& source, const TypeDefinition& target,
                    std::vector<TypeDifference>& differences) {
  const auto has = [](const TypeDefinition& type, const DomainCheck& wanted) {
    return std::any_of(type.checks.begin(), type.checks.end(),
                       [&](const DomainCheck& check) { return check.definition == wanted.definition; });
  };
  const auto what = [](const DomainCheck& check) { return "check " + quote_identifier(check.name); };
  for (const auto& check : source.checks) {
    if (!has(target, check)) add_difference(differences, what(check), check.definition, {}, Severity::note);
  }
  for (const auto& check : target.checks) {
    if (!has(source, check))
      add_difference(differences, what(check), {}, check.definition, Severity::warning);
  }
}

void compare_domains(const TypeDefinition& source, const TypeDefinition& target,
                     std::vector<TypeDifference>& differences) {
  add_difference(differences, "base type", base_text(source), base_text(target), Severity::warning);
  add_difference(differences, "nullability", null_text(source.not_null), null_text(target.not_null),
                 target.not_null ? Severity::warning : Severity::note);
  add_difference(differences, "default", source.default_value.value_or(""), target.default_value.value_or(""),
                 Severity::note);
  compare_checks(source, target, differences);
}

}  // namespace

std::string null_text(bool not_null) {
  return not_null ? "NOT NULL" : "NULL";
}

std::vector<TypeDifference> compare(const TypeDefinition& source, const TypeDefinition& target) {
  std::vector<TypeDifference> differences;
  // Extensions come in versions of their own; whether values fit is asked of each column.
  if (!source.extension.empty() || !target.extension.empty()) return differences;
  if (source.kind != target.kind) {
    add_difference(differences, "kind", std::string(to_string(source.kind)),
                   std::string(to_string(target.kind)), Severity::error);
    return differences;
  }
  const auto lacks_label = [&target](const std::string& label) { return !contains(target.labels, label); };
  const bool lacks_some = std::any_of(source.labels.begin(), source.labels.end(), lacks_label);
  switch (source.kind) {
    case DefinedKind::enumeration:
      add_difference(differences, "labels", labels_sql(source.labels), labels_sql(target.labels),
                     lacks_some ? Severity::warning : Severity::note);
      break;
    case DefinedKind::composite:
      add_difference(differences, "fields", fields_sql(source.fields), fields_sql(target.fields),
                     Severity::warning);
      break;
    case DefinedKind::domain:
      compare_domains(source, target, differences);
      break;
    case DefinedKind::range:
      add_difference(differences, "subtype", range_text(source), range_text(target), Severity::warning);
      break;
    case DefinedKind::row:
    case DefinedKind::other:
      break;
  }
  return differences;
}

}  // namespace leat::jobs_detail
