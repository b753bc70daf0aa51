#include "jobs/schema/type_difference.hpp"

#include <algorithm>

#include "jobs/options/sql_text.hpp"

namespace leat::jobs_detail {
namespace {

std::string labels_text(const std::vector<std::string>& labels) {
  std::string text;
  for (const auto& label : labels) text += (text.empty() ? "" : ", ") + sql_literal(label);
  return text;
}

std::string fields_text(const std::vector<FieldDefinition>& fields) {
  std::string text;
  for (const auto& field : fields) {
    text += (text.empty() ? "" : ", ") + quote_identifier(field.name) + " " + field.type.sql +
            (field.collation.empty() ? "" : " COLLATE " + field.collation);
  }
  return text;
}

std::string range_text(const TypeDefinition& type) {
  std::string text = "over " + type.base.sql;
  if (!type.operator_class.empty()) text += " by " + type.operator_class;
  if (!type.collation.empty()) text += " COLLATE " + type.collation;
  if (!type.difference.empty()) text += " with " + type.difference;
  return text;
}

std::string base_text(const TypeDefinition& type) {
  return type.base.sql + (type.collation.empty() ? "" : " COLLATE " + type.collation);
}

void compare_checks(const TypeDefinition& source, const TypeDefinition& target,
                    std::vector<TypeDifference>& differences) {
  const auto has = [](const TypeDefinition& type, const DomainCheck& wanted) {
    return std::any_of(type.checks.begin(), type.checks.end(),
                       [&](const DomainCheck& check) { return check.definition == wanted.definition; });
  };
  for (const auto& check : source.checks) {
    if (!has(target, check)) {
      differences.push_back({.what = "check " + quote_identifier(check.name), .source = check.definition});
    }
  }
  for (const auto& check : target.checks) {
    if (has(source, check)) continue;
    differences.push_back({.what = "check " + quote_identifier(check.name),
                           .target = check.definition,
                           .severity = Severity::warning});
  }
}

void compare_domains(const TypeDefinition& source, const TypeDefinition& target,
                     std::vector<TypeDifference>& differences) {
  if (base_text(source) != base_text(target)) {
    differences.push_back({.what = "base type",
                           .source = base_text(source),
                           .target = base_text(target),
                           .severity = Severity::warning});
  }
  if (source.not_null != target.not_null) {
    differences.push_back({.what = "nullability",
                           .source = null_text(source.not_null),
                           .target = null_text(target.not_null),
                           .severity = target.not_null ? Severity::warning : Severity::note});
  }
  if (source.default_value != target.default_value) {
    differences.push_back({.what = "default",
                           .source = source.default_value.value_or(""),
                           .target = target.default_value.value_or("")});
  }
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
    return {{.what = "kind",
             .source = std::string(to_string(source.kind)),
             .target = std::string(to_string(target.kind)),
             .severity = Severity::error}};
  }
  const auto lacks_label = [&target](const std::string& label) {
    return std::find(target.labels.begin(), target.labels.end(), label) == target.labels.end();
  };
  switch (source.kind) {
    case DefinedKind::enumeration:
      if (source.labels == target.labels) break;
      differences.push_back({.what = "labels",
                             .source = labels_text(source.labels),
                             .target = labels_text(target.labels),
                             .severity = std::any_of(source.labels.begin(), source.labels.end(), lacks_label)
                                             ? Severity::warning
                                             : Severity::note});
      break;
    case DefinedKind::composite:
      if (fields_text(source.fields) == fields_text(target.fields)) break;
      differences.push_back({.what = "fields",
                             .source = fields_text(source.fields),
                             .target = fields_text(target.fields),
                             .severity = Severity::warning});
      break;
    case DefinedKind::domain:
      compare_domains(source, target, differences);
      break;
    case DefinedKind::range:
      if (range_text(source) == range_text(target)) break;
      differences.push_back({.what = "subtype",
                             .source = range_text(source),
                             .target = range_text(target),
                             .severity = Severity::warning});
      break;
    case DefinedKind::row:
    case DefinedKind::other:
      break;
  }
  return differences;
}

}  // namespace leat::jobs_detail
